// Solving: the candidate gets hidden inputs and gives values; what is right stays out here.
#include "retort/eval/code/published_asserts.h"
#include "retort/eval/code/scored_program.h"
#include "retort/eval/code/values.h"

namespace retort::eval {
namespace {

constexpr size_t kMaxClass = 60;

/// Only what does not change from run to run: no messages, which may hold addresses, and no times.
std::string got(const CallResult& result) {
  if (result.outcome == CallOutcome::value) return "got " + python_text(result.value);
  if (result.outcome != CallOutcome::exception) return std::string(name(result.outcome));
  std::string raised = "raised " + result.exception.substr(0, kMaxClass);
  for (char& c : raised)
    if (c < ' ' || c > '~') c = '?';
  return raised;
}

}  // namespace

std::string complaint(const CodeTask& task, const HiddenCase& hidden, const CallResult& result) {
  const bool no_tuples = task.language != Language::python;
  const bool right = result.outcome == CallOutcome::value &&
                     same_value(hidden.expected, result.value, task.order, no_tuples);
  if (!right) return "expected " + python_text(hidden.expected) + ", " + got(result);
  if (!task.mutates && !same_value(hidden.args, result.args_after, ValueOrder::exact, no_tuples))
    return "right, but it changed its arguments";
  return "";
}

void solve(ScoredProgram& program) {
  const PreparedTask& prepared = program.prepared;
  program.solved = true;
  if (!prepared.whole_test.empty()) {
    program.solve_note = run_published_test(program);
    program.solved = program.solve_note.empty();
    return;
  }
  for (const HiddenCase& hidden : prepared.cases) {
    const CallResult result = program.session->call(program.task().entry, hidden.args);
    const std::string why = complaint(program.task(), hidden, result);
    if (why.empty()) continue;
    program.over_limits = result.outcome == CallOutcome::time_limit ||
                          result.outcome == CallOutcome::memory_limit ||
                          result.outcome == CallOutcome::other_limit;
    program.solved = false;
    program.solve_note = call_text(program.task().entry, hidden.args) + ": " + why;
    return;
  }
}

}  // namespace retort::eval
