// The suite `code`: our own problems, or a user's in a folder (SuiteOptions::file).
#include <algorithm>
#include <map>

#include "retort/base/error.h"
#include "retort/eval/code/load_tasks.h"
#include "retort/eval/tasks/code_suite.h"

namespace retort::eval {

std::unique_ptr<Suite> make_code_suite(const SuiteOptions& options);

std::vector<CodeProblem> code_problems(const SuiteOptions& options) {
  std::vector<CodeTask> tasks = options.file.empty() ? bundled_code_tasks() : code_tasks_in(options.file);
  std::map<int, int64_t> of_level;
  std::vector<CodeProblem> out;
  for (CodeTask& task : tasks) {
    const bool wanted =
        std::find(options.levels.begin(), options.levels.end(), task.level) != options.levels.end();
    if (!wanted || of_level[task.level]++ >= options.problems) continue;
    CodeProblem& problem = out.emplace_back();
    problem.cluster = task.id;
    problem.task = std::move(task);
    problem.documented = true;
  }
  if (out.empty())
    fail(ErrorCode::bad_input, "suite code: no problem is of the levels asked for; there are 1 to 6");
  return out;
}

std::unique_ptr<Suite> make_code_suite(const SuiteOptions& options) {
  return code_suite("code", options, code_problems(options));
}

}  // namespace retort::eval
