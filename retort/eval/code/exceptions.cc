#include "retort/eval/code/exceptions.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "retort/eval/code/text_lines.h"
#include "retort/eval/sandbox/call_result.h"

namespace retort::eval {
namespace {

constexpr std::string_view kCallback = "callback";
constexpr size_t kMaxShown = 120;  // bytes of arguments or values in a line

std::string shown(const Json& value) {
  return one_line(value.dump(-1, ' ', true), kMaxShown);
}

std::string shown_call(const CodeTask& task, const Json& args) {
  std::string text = shown(args);
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  return fmt::format("{}({})", task.entry, text);
}

std::string what_came(const CallResult& result) {
  if (result.outcome == CallOutcome::value) return "returned " + shown(result.value);
  if (result.outcome == CallOutcome::exception) return "raised " + one_line(result.exception);
  return std::string(name(result.outcome));
}

/// None, null or undefined.
bool is_nothing(const Json& value) {
  return value.is_null() || (value.is_object() && value.contains("$undefined"));
}

class Scoring {
 public:
  Scoring(SandboxSession& candidate, const CodeTask& task, const IsRight& is_right)
      : candidate_(candidate), task_(task), is_right_(is_right) {}

  void try_valid(const ValidCase& valid) {
    const CallResult result = call(valid.args);
    const bool right = is_right_(valid, result);
    count(score_.valid, right);
    if (right && witness_ == nullptr) witness_ = &valid;
    if (!right) miss(valid.args, what_came(result));
    if (result.outcome == CallOutcome::value && !is_nothing(result.value)) score_.returned_something = true;
    observe(result, false);
  }

  void try_fault(const Fault& fault) {
    const CallResult result = call(fault.args);
    const bool callback = fault.category == kCallback;
    const std::string why = complaint(fault, result);
    count(callback ? score_.callbacks : score_.faults, why.empty());
    count(score_.by_category[fault.category], why.empty());
    if (!why.empty()) miss(fault.args, why);
    observe(result, callback && is_a(result.exception, result.bases, fault.raises));
  }

  ExceptionScore score() {
    const double r = score_.r(), s = score_.s();
    if (score_.faults.all + score_.callbacks.all > 0) {
      score_.score = score_.faults.all == 0 ? s : r + s == 0 ? 0 : 2 * r * s / (r + s);
    }
    return std::move(score_);
  }

 private:
  static void count(CellCount& cell, bool met) {
    ++cell.all;
    cell.met += met;
  }
  CallResult call(const Json& args) { return candidate_.call(task_.entry, args); }
  void miss(const Json& args, const std::string& why) {
    if (score_.first_miss.empty()) score_.first_miss = shown_call(task_, args) + ": " + why;
  }

  /// Why a fault is not met; empty if it is.
  std::string complaint(const Fault& fault, const CallResult& result) {
    if (result.outcome != CallOutcome::exception || !is_a(result.exception, result.bases, fault.raises))
      return fmt::format("{}, {} was asked for", what_came(result), fault.raises);
    if (!task_.mutates && result.args_after != fault.args)
      return fmt::format("raised {}, but changed its arguments first", one_line(result.exception));
    if (witness_ == nullptr) return "";  // no valid input is right anyway, which S says
    const CallResult after = call(witness_->args);
    if (!is_right_(*witness_, after))
      return fmt::format("raised {}, but the next valid call {}", one_line(result.exception),
                         what_came(after));
    return "";
  }

  void observe(const CallResult& result, bool from_argument) {
    if (result.outcome != CallOutcome::exception) return;
    for (ObservedException& known : score_.observed)
      if (known.name == result.exception) {
        known.from_argument = known.from_argument && from_argument;
        return;
      }
    score_.observed.push_back({result.exception, result.bases, from_argument});
  }

  SandboxSession& candidate_;
  const CodeTask& task_;
  const IsRight& is_right_;
  const ValidCase* witness_ = nullptr;
  ExceptionScore score_;
};

}  // namespace

double ExceptionScore::s() const {
  const auto weight = static_cast<double>(std::max<int64_t>(1, faults.all));
  const auto n = static_cast<double>(callbacks.all);
  return (weight * valid.share() + static_cast<double>(callbacks.met)) / (weight + n);
}

bool is_a(std::string_view raised_class, std::span<const std::string> bases, std::string_view wanted) {
  return raised_class == wanted || std::find(bases.begin(), bases.end(), wanted) != bases.end();
}

ExceptionScore score_exceptions(SandboxSession& candidate, const CodeTask& task,
                                std::span<const ValidCase> cases, const IsRight& is_right) {
  Scoring scoring(candidate, task, is_right);
  for (const ValidCase& valid : cases) scoring.try_valid(valid);
  for (const Fault& fault : task.faults) scoring.try_fault(fault);
  return scoring.score();
}

}  // namespace retort::eval
