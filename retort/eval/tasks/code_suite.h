// CodeSuite: problems that are answered with programs, whatever they come from.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "retort/eval/code/prepared_task.h"
#include "retort/eval/suite.h"

namespace retort::eval {

/// `kind` names where the problems come from, in the run's key.
std::unique_ptr<Suite> code_suite(std::string kind, const SuiteOptions& options,
                                  std::vector<CodeProblem> problems);

/// The lines of a file of JSON objects, one a line; gzip is read too. Throws Error not_found, and bad_input
/// with the line.
std::vector<Json> read_json_lines(const std::filesystem::path& path);

/// What the suites make of their options, for tests.
std::vector<CodeProblem> code_problems(const SuiteOptions& options);
std::vector<CodeProblem> function_problems(const SuiteOptions& options);
std::vector<CodeProblem> humaneval_problems(const SuiteOptions& options);
std::vector<CodeProblem> mbpp_problems(const SuiteOptions& options);

}  // namespace retort::eval
