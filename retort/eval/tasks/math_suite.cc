// The suite `math`: published benchmarks of mathematics, asked in DeepSeek-R1's way and compared exactly
// (retort/eval/answers).
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "retort/base/checksum.h"
#include "retort/base/error.h"
#include "retort/base/random.h"
#include "retort/eval/answers/equivalent.h"
#include "retort/eval/answers/extract.h"
#include "retort/eval/suite.h"
#include "retort/eval/tasks/claims.h"
#include "retort/eval/tasks/item_figures.h"
#include "retort/eval/tasks/math_file.h"

namespace retort::eval {
namespace {

// As DeepSeek-R1's model card asks for mathematics.
constexpr std::string_view kDirective =
    "\n\nPlease reason step by step, and put your final answer within \\boxed{}.";

/// What an answer was found to be.
struct Judged {
  enum Kind { right, wrong, undecided, unmarked, none, unfinished } kind = none;
  std::string note;
};

std::string_view name(Judged::Kind kind) {
  static constexpr std::string_view kNames[] = {"right", "wrong", "undecided", "unmarked", "no answer", ""};
  return kNames[kind];
}

/// Notes are one line that people can read.
std::string brief(std::string_view text) {
  constexpr size_t kMost = 80;
  std::string out;
  for (const char c : text.substr(0, kMost)) out += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  while (text.size() > kMost && !out.empty() && (static_cast<unsigned char>(out.back()) & 0x80) != 0)
    out.pop_back();
  return text.size() > kMost ? out + "..." : out;
}

Judged judge(const Sample& sample, const std::string& gold) {
  if (sample.status != SampleStatus::ok) return {Judged::unfinished, ""};
  const auto found = extract_answer(sample.content);
  if (!found) return {Judged::none, fmt::format("expected {}, got no answer", brief(gold))};
  const Verdict verdict = equivalent(gold, found->text);
  const std::string both = fmt::format("expected {}, got {}", brief(gold), brief(found->text));
  // The last number of a text that marks none is a guess of ours, not an answer.
  if (found->weak())
    return {Judged::unmarked,
            both + (verdict.equal() ? ": weak extraction, it would be right" : ": weak extraction")};
  if (verdict.equal()) return {Judged::right, ""};
  if (verdict.undecided()) return {Judged::undecided, both + ": undecided: " + brief(verdict.reason)};
  return {Judged::wrong, both};
}

class MathSuite : public Suite {
 public:
  MathSuite(const SuiteOptions& options, std::filesystem::path path)
      : path_(std::move(path)), problems_at_most_(options.problems), seed_(options.seed) {
    MathFile file = read_math_file(path_);
    layout_ = file.layout;
    problems_ = some_of(std::move(file.problems));
  }

  Json key() const override {
    Checksum sum;
    for (const MathProblem& p : problems_) sum.add(fmt::format("{}\n{}\n{}\n", p.line, p.question, p.gold));
    return {{"kind", "math"},         {"layout", eval::name(layout_)},
            {"file", path_.string()}, {"problems", problems_at_most_},
            {"seed", seed_},          {"checksum", sum.hex()}};
  }

  std::vector<Item> items() const override {
    std::vector<Item> out;
    for (const MathProblem& p : problems_)
      out.push_back({.id = id(p), .cluster = p.subject, .turns = {p.question + std::string(kDirective)}});
    return out;
  }

  SuiteScores score(std::span<const Sample> samples, int64_t n_samples,
                    const ScoreHooks& hooks) const override;

 private:
  std::string id(const MathProblem& p) const { return fmt::format("{}-{}", eval::name(layout_), p.line); }

  /// At most as many as asked for, drawn by the seed, in the file's order.
  std::vector<MathProblem> some_of(std::vector<MathProblem> all) const {
    const auto most = static_cast<size_t>(std::max<int64_t>(problems_at_most_, 0));
    if (all.size() <= most) return all;
    auto rank = [&](const MathProblem& p) { return random_bits(seed_, static_cast<uint64_t>(p.line)); };
    std::sort(all.begin(), all.end(),
              [&](const MathProblem& a, const MathProblem& b) { return rank(a) < rank(b); });
    all.resize(most);
    std::sort(all.begin(), all.end(),
              [](const MathProblem& a, const MathProblem& b) { return a.line < b.line; });
    return all;
  }

  std::filesystem::path path_;
  int64_t problems_at_most_;
  uint64_t seed_;
  MathLayout layout_{};
  std::vector<MathProblem> problems_;
};

/// Adds up a run.
class MathScoring {
 public:
  void add_sample(const MathProblem& problem, const Sample& sample) {
    const Judged judged = judge(sample, problem.gold);
    const bool right = judged.kind == Judged::right;
    figures_.add("correct", right ? 1 : 0);
    figures_.add("malformed", judged.kind == Judged::none || judged.kind == Judged::unmarked ? 1 : 0);
    figures_.add("cut_off", is_cut_off(sample.status) ? 1 : 0);
    undecided_ += judged.kind == Judged::undecided ? 1 : 0;
    unmarked_right_ += judged.kind == Judged::unmarked && judged.note.ends_with("right") ? 1 : 0;

    // Models that write no thought work in the answer.
    const StepErrors steps = step_errors(sample.reasoning + "\n" + sample.content);
    claims_ += steps.claims;
    coverage_ += steps.coverage;
    ++answers_;
    if (steps.claims > 0) figures_.add("steps.error_rate", steps.rate());
    add_verdict(problem, sample, judged, steps);
  }

  void end_item(const MathProblem& problem, const std::string& id) {
    // Items without a subject are one cluster, which counts as none.
    figures_.end_item(id, clusters_.of(problem.subject));
    if (problem.level > 0)
      levels_.try_emplace(problem.level, "correct")
          .first->second.add(id, figures_.last("correct"), clusters_.of(problem.subject));
  }

  SuiteScores scores() {
    out_.figures = figures_.figures();
    if (!levels_.empty()) {
      Breakdown by_level{"math/correct", "level", {}};
      for (const auto& [level, sum] : levels_)
        by_level.points.push_back({std::to_string(level), sum.figure().estimate});
      out_.breakdowns.push_back(std::move(by_level));
    }
    if (claims_ > 0)
      out_.notes.push_back(
          fmt::format("{} claims in {} answers could be checked; they hold {:.0f} % of the digits and signs",
                      claims_, answers_, 100 * coverage_ / static_cast<double>(answers_)));
    if (undecided_ > 0)
      out_.notes.push_back(
          fmt::format("{} answers could not be compared with the gold and count as wrong", undecided_));
    if (unmarked_right_ > 0)
      out_.notes.push_back(fmt::format(
          "{} answers count as wrong since nothing marks them; their last number is right", unmarked_right_));
    return std::move(out_);
  }

  void missing() { ++out_.missing; }

 private:
  void add_verdict(const MathProblem& problem, const Sample& sample, const Judged& judged,
                   const StepErrors& steps) {
    SampleVerdict v{
        .key = sample.key,
        .score = judged.kind == Judged::right ? 1.0 : 0.0,
        .verdict = std::string(judged.kind == Judged::unfinished ? text(sample.status) : name(judged.kind)),
        .note = judged.note,
        .parts = {{"steps.claims", static_cast<double>(steps.claims)}, {"steps.coverage", steps.coverage}}};
    if (problem.level > 0) v.parts["level"] = problem.level;
    if (steps.claims > 0) v.parts["steps.error_rate"] = steps.rate();
    if (steps.false_claims > 0) {
      v.parts["steps.first_error"] = steps.first_error;
      v.note += fmt::format("{}first false step: {}", v.note.empty() ? "" : "; ", brief(steps.first_false));
    }
    out_.verdicts.push_back(std::move(v));
  }

  ItemFigures figures_{"math", {"correct", "steps.error_rate", "malformed", "cut_off"}};
  ClusterNumbers clusters_;
  std::map<int, FigureSum> levels_;
  SuiteScores out_;
  int64_t claims_ = 0, answers_ = 0, undecided_ = 0, unmarked_right_ = 0;
  double coverage_ = 0;
};

SuiteScores MathSuite::score(std::span<const Sample> samples, int64_t n_samples,
                             const ScoreHooks& hooks) const {
  const SampleFinder finder(samples);
  MathScoring scoring;
  for (const MathProblem& problem : problems_) {
    hooks.check();
    bool any = false;
    for (int64_t n = 0; n < n_samples; ++n) {
      const Sample* sample = finder.find(id(problem), n);
      if (sample == nullptr) {
        scoring.missing();
        continue;
      }
      scoring.add_sample(problem, *sample);
      any = true;
    }
    if (any) scoring.end_item(problem, id(problem));
  }
  return scoring.scores();
}

}  // namespace

std::unique_ptr<Suite> make_math_suite(const SuiteOptions& options);

std::unique_ptr<Suite> make_math_suite(const SuiteOptions& options) {
  if (options.file.empty())
    fail(ErrorCode::bad_input,
         "suite math: which file? Give --file PATH: GSM8K, MATH or AIME as published, in JSON lines");
  // A run is scored again from any folder.
  return std::make_unique<MathSuite>(options, std::filesystem::absolute(options.file).lexically_normal());
}

}  // namespace retort::eval
