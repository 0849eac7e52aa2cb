#include "retort/eval/code/scenarios/structure.h"

#include <fmt/core.h>

#include "retort/eval/code/text_lines.h"
#include "retort/eval/sandbox/call_result.h"
#include "retort/eval/sandbox/embedded.h"
#include "retort/eval/sandbox/session.h"

namespace retort::eval {
namespace {

constexpr int kSequences = 4;
constexpr int kSteps = 120;

std::string shown(const Json& value) {
  return one_line(value.dump(-1, ' ', true));
}

std::string what_came(const CallResult& result) {
  if (result.outcome == CallOutcome::value) return "gave " + shown(result.value);
  if (result.outcome == CallOutcome::exception) return "raised " + one_line(result.exception);
  return std::string(name(result.outcome));
}

bool agrees(const StructureStep& step, const CallResult& result) {
  if (step.raises.empty()) return result.outcome == CallOutcome::value && result.value == step.value;
  return result.outcome == CallOutcome::exception && is_a(result.exception, result.bases, step.raises);
}

class Run {
 public:
  Run(const Sandbox& sandbox, const std::string& source)
      : session_(sandbox, {.source = std::string(embedded_file("structure_adaptor.py")),
                           .files = {{"answer.py", source}},
                           .limits = {.cpu_seconds = 2, .wall_seconds = 10}}) {}

  void constructions(const StructureReference& reference) {
    for (const StructureStep& bad : reference.bad_constructions()) {
      const StructureStep whole{reference.class_name(), bad.args, bad.value, bad.raises};
      check(whole, "make", {whole.method, whole.args}, "");
    }
  }

  /// An operation whose value is wrong ends the sequence, since the two are no longer in the same state: what
  /// was still to come counts as failed. An invalid operation only counts itself.
  void sequence(StructureReference& reference, Random& random, int number) {
    const StructureStep made{reference.class_name(), reference.constructor_args(), nullptr, ""};
    bool going = check(made, "make", {made.method, made.args}, fmt::format("sequence {}: ", number));
    for (int i = 1; i <= kSteps; ++i) {
      const StructureStep step = reference.step(random);
      const std::string where = fmt::format("sequence {}, step {}: ", number, i);
      if (going)
        going = check(step, "apply", {step.method, step.args}, where) || !step.raises.empty();
      else
        result_.count(cell_of(step), false, where + "not reached");
    }
  }

  ScenarioResult result() { return std::move(result_); }

 private:
  static CellCount ScenarioResult::*cell_of(const StructureStep& step) {
    return step.raises.empty() ? &ScenarioResult::checks : &ScenarioResult::faults;
  }

  bool check(const StructureStep& step, const char* function, const Json& args, const std::string& where) {
    const CallResult result = lost_ ? CallResult{} : session_.call(function, args);
    // A program that hangs or crashes is not asked further: each call would cost its whole limit.
    const bool answered = result.outcome == CallOutcome::value || result.outcome == CallOutcome::exception;
    lost_ = lost_ || !answered;
    const bool met = answered && agrees(step, result);
    std::string wanted = step.raises.empty() ? shown(step.value) : step.raises;
    result_.count(cell_of(step), met,
                  fmt::format("{}{}{} {}, {} was expected", where, step.method, shown(step.args),
                              what_came(result), wanted));
    return met && answered;
  }

  SandboxSession session_;
  ScenarioResult result_;
  bool lost_ = false;
};

}  // namespace

ScenarioResult run_structure(const Sandbox& sandbox, const std::string& source, uint64_t seed,
                             MakeStructure make) {
  Run run(sandbox, source);
  for (int number = 1; number <= kSequences; ++number) {
    Random random(random_bits(seed, static_cast<uint64_t>(number)));
    const auto reference = make(random);
    if (number == 1) run.constructions(*reference);
    run.sequence(*reference, random, number);
  }
  return run.result();
}

}  // namespace retort::eval
