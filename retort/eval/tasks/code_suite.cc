#include "retort/eval/tasks/code_suite.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "retort/base/checksum.h"
#include "retort/eval/code/code_scores.h"

namespace retort::eval {
namespace {

/// Of all that decides what is asked and what is right.
std::string checksum_of_problems(const std::vector<CodeProblem>& problems) {
  Checksum sum;
  const auto add = [&](const std::string& text) {
    sum.add(text);
    sum.add(std::string_view("\0", 1));
  };
  for (const CodeProblem& problem : problems) {
    for (const std::string& text : {problem.task.id, problem.task.prompt, problem.task.entry,
                                    problem.task.references, problem.published_test, problem.preamble})
      add(text);
    for (const Fault& fault : problem.task.faults) add(fault.args.dump() + fault.raises);
    for (const LiteralTest& test : problem.literals) add(test.args + "=" + test.expected + test.raises);
    for (int64_t size : problem.task.sizes) add(std::to_string(size));
  }
  return sum.hex();
}

class CodeSuite : public Suite {
 public:
  CodeSuite(std::string kind, SuiteOptions options, std::vector<CodeProblem> problems)
      : kind_(std::move(kind)), options_(std::move(options)), problems_(std::move(problems)) {}

  Json key() const override {
    return {{"kind", kind_},
            {"levels", options_.levels},
            {"problems", options_.problems},
            {"seed", options_.seed},
            {"file", options_.file.native()},
            {"checksum", checksum_of_problems(problems_)}};
  }
  std::vector<Item> items() const override {
    std::vector<Item> out;
    for (const CodeProblem& problem : problems_)
      out.push_back({.id = problem.task.id, .cluster = problem.cluster, .turns = {problem.task.prompt}});
    return out;
  }
  SuiteScores score(std::span<const Sample> samples, int64_t n_samples,
                    const ScoreHooks& hooks) const override {
    return in_group(kind_, score_code(problems_, samples, n_samples, options_.seed, hooks));
  }

 private:
  std::string kind_;
  SuiteOptions options_;
  std::vector<CodeProblem> problems_;
};

}  // namespace

std::unique_ptr<Suite> code_suite(std::string kind, const SuiteOptions& options,
                                  std::vector<CodeProblem> problems) {
  return std::make_unique<CodeSuite>(std::move(kind), options, std::move(problems));
}

}  // namespace retort::eval
