// The suite `functions`: the generated functions that the micro family is trained on, held-out ones.
#include "retort/base/error.h"
#include "retort/eval/code/documented_steps.h"
#include "retort/eval/tasks/code_suite.h"
#include "retort/eval/tasks/generated.h"
#include "retort/problems/problem.h"

namespace retort::eval {
namespace {

CodeProblem problem_of(const problems::Problem& from) {
  CodeProblem out;
  out.task.id = problems::id(from);
  out.task.level = from.level;
  out.task.entry = from.function->name;
  out.task.prompt = from.turns[0].user;
  out.cluster = from.template_id;
  out.gold = from.turns[0].answer;
  out.documented = true;
  out.documentation = expectations_of(from);
  for (const problems::FunctionTest& test : from.function->tests)
    out.literals.push_back({test.arguments, test.expected, test.raises});
  // Whether a task has faults decides which figures it has, before its literals are read in a sandbox.
  for (const problems::FunctionTest& test : from.function->tests)
    if (!test.raises.empty()) out.has_literal_faults = true;
  return out;
}

}  // namespace

std::unique_ptr<Suite> make_functions_suite(const SuiteOptions& options);

std::vector<CodeProblem> function_problems(const SuiteOptions& options) {
  std::vector<CodeProblem> out;
  for (const problems::Problem& problem : problems_of({.families = {problems::Family::functions},
                                          .levels = options.levels,
                                          .problems = options.problems,
                                          .seed = options.seed}))
    out.push_back(problem_of(problem));
  return out;
}

std::unique_ptr<Suite> make_functions_suite(const SuiteOptions& options) {
  return code_suite("functions", options, function_problems(options));
}

}  // namespace retort::eval
