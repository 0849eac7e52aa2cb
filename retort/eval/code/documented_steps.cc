#include "retort/eval/code/documented_steps.h"

#include "retort/base/check.h"

namespace retort::eval {

DocumentationExpectations expectations_of(const problems::Problem& problem) {
  RETORT_CHECK(problem.function && !problem.turns.empty());
  DocumentationExpectations wanted{
      .entry = problem.function->name, .summary = false, .wants_exceptions = false};
  for (const problems::FunctionTest& test : problem.function->tests)
    if (!test.raises.empty()) wanted.exceptions.push_back({.name = test.raises});
  for (const problems::Fact& fact : problem.turns[0].facts) {
    if (fact.claim.find("Error: ") != std::string::npos) continue;  // a guard
    // The thought says "int(s) or -3" for what the text calls "read the whole number in s".
    const bool reads = fact.claim.starts_with("int(s)");
    wanted.steps.push_back(words_of_step(reads ? "read the whole number" : fact.claim));
  }
  return wanted;
}

}  // namespace retort::eval
