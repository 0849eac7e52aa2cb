#include "retort/eval/code/efficiency.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "retort/base/error.h"
#include "retort/eval/code/values.h"

namespace retort::eval {
namespace {

constexpr int kRounds = 5;
constexpr double kNaiveFactor = 4;  // a candidate may take so much longer than naive
// Seconds: costs below count as this. A call of nothing, which is subtracted, was seen to vary by so much.
constexpr double kLeastCost = 50e-6;
constexpr double kLeastRatio = 2;                     // of naive to best
constexpr uint64_t kReplyBytes = uint64_t{16} << 20;  // large inputs have large results
constexpr std::array<const char*, 3> kReferences = {"best", "good", "naive"};

/// Of the rounds. What other work on the machine does to a CPU time (caches, a shared core) only adds to it;
/// the median was seen to be 1.7 times the least of five on two busy cores.
double least(const std::vector<double>& rounds) {
  return *std::min_element(rounds.begin(), rounds.end());
}

/// The least-squares slope of ln(cost) over ln(size).
double slope(const std::vector<int64_t>& sizes, const std::vector<double>& costs) {
  double x_mean = 0, y_mean = 0, xx = 0, xy = 0;
  const auto n = static_cast<double>(sizes.size());
  for (size_t i = 0; i < sizes.size(); ++i) {
    x_mean += std::log(static_cast<double>(sizes[i])) / n;
    y_mean += std::log(costs[i]) / n;
  }
  for (size_t i = 0; i < sizes.size(); ++i) {
    const double x = std::log(static_cast<double>(sizes[i])) - x_mean;
    xx += x * x;
    xy += x * (std::log(costs[i]) - y_mean);
  }
  return xx > 0 ? xy / xx : 0;
}

/// One program's measured costs, by size and round.
struct Costs {
  std::vector<std::vector<double>> rounds;  // [size][round]
  std::vector<double> idle;                 // of calls of nothing: what a call costs by itself

  explicit Costs(size_t sizes) : rounds(sizes) {}
  std::vector<double> by_size() const {
    std::vector<double> out;
    for (const auto& one : rounds) out.push_back(std::max(kLeastCost, least(one) - least(idle)));
    return out;
  }
};

double seconds(const CallResult& result) {
  return 1e-9 * static_cast<double>(result.cpu_nanoseconds);
}

class Measurement {
 public:
  Measurement(const ScoredProgram& program, uint64_t seed) : program_(program) {
    const CodeTask& task = program.task();
    const auto references = reference_session(program.sandbox, task);
    for (const int64_t size : task.sizes)
      inputs_.push_back(value_of(
          references->call("retort_sized", Json::array({fmt::format("{}/{}/cost", seed, task.id), size})),
          where()));
    for (const Json& input : inputs_) expected_.push_back(value_of(references->call("best", input), where()));
    costs_.assign(kCostPrograms, Costs(task.sizes.size()));
  }

  /// Each round gives each program a new process: what an earlier round left behind in it would be answered
  /// for nothing. Smaller sizes come first and warm it up.
  Efficiency measure() {
    Efficiency out;
    for (int round = 0; round < kRounds && out.note.empty(); ++round) {
      double naive_seconds = 0;
      for (size_t i = 0; i < kReferences.size(); ++i) naive_seconds = measure_reference(i);
      SandboxLimits limits = call_limits(std::max(kNaiveFactor * naive_seconds, kCpuFloor));
      limits.output_bytes = kReplyBytes;
      const auto session = candidate_session(program_, limits, false);
      out.note = measure_candidate(*session, round == 0);
    }
    if (!out.note.empty()) return out;
    return judge();
  }

 private:
  std::string where() const { return program_.task().id + ": references"; }

  /// One round of a program: a call of each size, up to the first that gives no value; the last result.
  CallResult measure_round(SandboxSession& session, const std::string& function, size_t program,
                           bool compare) {
    Costs& costs = costs_[program];
    CallResult result;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      result = session.keep(inputs_[i]);
      if (result.outcome == CallOutcome::value)
        result = session.call({.function = function, .kept = true, .meter = true});
      if (result.outcome != CallOutcome::value) return result;
      if (compare && !same_value(expected_[i], result.value, program_.task().order)) {
        result.outcome = CallOutcome::bad_reply;
        result.message = fmt::format("wrong at size {}", program_.task().sizes[i]);
        return result;
      }
      costs.rounds[i].push_back(seconds(result));
    }
    costs.idle.push_back(seconds(session.call({.function = "", .meter = true})));
    return result;
  }

  /// CPU seconds at the largest size.
  double measure_reference(size_t reference) {
    const auto session = reference_session(program_.sandbox, program_.task());
    value_of(measure_round(*session, kReferences[reference], reference + 1, true), where());
    return costs_[reference + 1].rounds.back().back();
  }

  /// Why it gets nothing; empty if it goes on.
  std::string measure_candidate(SandboxSession& session, bool compare) {
    const CallResult result = measure_round(session, program_.task().entry, 0, compare);
    if (result.outcome == CallOutcome::value) return "";
    return result.outcome == CallOutcome::bad_reply ? result.message
                                                    : fmt::format("large inputs: {}", name(result.outcome));
  }

  Efficiency judge() const {
    Efficiency out;
    for (size_t i = 0; i < kCostPrograms; ++i) {
      const std::vector<double> costs = costs_[i].by_size();
      out.seconds[i] = costs.back();
      out.slopes[i] = slope(program_.task().sizes, costs);
    }
    const double best = out.seconds[1], naive = out.seconds[3];
    if (naive < kLeastRatio * best)
      fail(ErrorCode::bad_input,
           "{}: naive took {:.2g} s and best {:.2g} s at size {}: too near to each other", where(), naive,
           best, program_.task().sizes.back());
    out.score = efficiency(out.seconds[0], best, naive);
    out.nearest = nearest(out);
    return out;
  }

  /// By growth; of references that grow alike, the one whose cost is nearest.
  static std::string_view nearest(const Efficiency& out) {
    constexpr double kAlike = 0.15;
    const auto growth = [&](size_t i) { return std::abs(out.slopes[i] - out.slopes[0]); };
    const auto distance = [&](size_t i) { return std::abs(std::log(out.seconds[i] / out.seconds[0])); };
    size_t at = 1;
    for (size_t i = 2; i < kCostPrograms; ++i) {
      const bool alike = std::abs(out.slopes[i] - out.slopes[at]) < kAlike;
      if (alike ? distance(i) < distance(at) : growth(i) < growth(at)) at = i;
    }
    return kReferences[at - 1];
  }

  const ScoredProgram& program_;
  std::vector<Json> inputs_, expected_;
  std::vector<Costs> costs_;
};

}  // namespace

bool measures_efficiency(const CodeTask& task) {
  return !task.sizes.empty() && task.language == Language::python;
}

double efficiency(double cost, double best, double naive) {
  return std::clamp(std::log(naive / cost) / std::log(naive / best), 0.0, 1.0);
}

Efficiency measure_efficiency(const ScoredProgram& program, uint64_t seed) {
  return Measurement(program, seed).measure();
}

}  // namespace retort::eval
