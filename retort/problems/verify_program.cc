#include "retort/problems/verify_program.h"

#include <fmt/core.h>

#include "retort/problems/python/program.h"

namespace retort::problems {
namespace {

// The gold programs stay two orders of magnitude below.
constexpr python::Limits kLimits = {.max_steps = 20'000, .max_bytes = 1 << 20};

/// What is inside, if the whole text is one fenced block.
std::string_view unfenced(std::string_view source) {
  constexpr std::string_view kFence = "```";
  if (!source.starts_with(kFence) || !source.ends_with(kFence)) return source;
  size_t first_line = source.find('\n');
  if (first_line == source.npos || first_line + 1 > source.size() - kFence.size()) return source;
  std::string_view tag = source.substr(kFence.size(), first_line - kFence.size());
  if (tag != "" && tag != "python" && tag != "py") return source;
  return source.substr(first_line + 1, source.size() - kFence.size() - first_line - 1);
}

std::string described(const python::Outcome& outcome) {
  constexpr size_t kMost = 200;
  if (outcome.status == python::OutcomeStatus::value) return outcome.text.substr(0, kMost);
  if (outcome.status == python::OutcomeStatus::raised)
    return fmt::format("{}: {}", outcome.exception, outcome.text);
  return "stopped: " + outcome.text;
}

bool passes(const python::Program& program, const FunctionTask& task, const FunctionTest& test,
            python::Outcome& outcome) {
  if (test.raises.empty()) return program.gives(task.name, test.arguments, test.expected, outcome);
  outcome = program.call(task.name, test.arguments);
  return outcome.status == python::OutcomeStatus::raised &&
         python::is_subclass(outcome.exception, test.raises);
}

}  // namespace

Verdict verify_program(const FunctionTask& task, std::string_view source) {
  auto program = python::Program::parse(unfenced(source), kLimits);
  if (!program) return {VerdictStatus::malformed, program.error().message()};
  if (!program->defines(task.name))
    return {VerdictStatus::wrong, fmt::format("does not define {}", task.name)};
  if (program->docstring(task.name).find_first_not_of(" \t\n") == std::string::npos)
    return {VerdictStatus::wrong, fmt::format("{} has no docstring", task.name)};
  for (const FunctionTest& test : task.tests) {
    python::Outcome outcome;
    if (passes(*program, task, test, outcome)) continue;
    return {VerdictStatus::wrong,
            fmt::format("{}({}): expected {}, got {}", task.name, test.arguments,
                        test.raises.empty() ? test.expected : test.raises, described(outcome))};
  }
  return {VerdictStatus::correct, ""};
}

}  // namespace retort::problems
