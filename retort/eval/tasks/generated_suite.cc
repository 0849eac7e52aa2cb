// The suites of generated problems: which families each asks.
#include <nlohmann/json.hpp>
#include <utility>

#include "retort/eval/suite.h"
#include "retort/eval/tasks/generated.h"
#include "retort/eval/tasks/generated_scores.h"

namespace retort::eval {
namespace {

using problems::Family;

class GeneratedSuite : public Suite {
 public:
  GeneratedSuite(GeneratedTasks tasks, std::string dialogue_group)
      : tasks_(std::move(tasks)),
        problems_(problems_of(tasks_)),
        dialogue_group_(std::move(dialogue_group)) {}

  Json key() const override { return key_of(tasks_, problems_); }
  std::vector<Item> items() const override {
    std::vector<Item> out;
    for (const problems::Problem& problem : problems_) out.push_back(item_of(problem));
    return out;
  }
  SuiteScores score(std::span<const Sample> samples, int64_t n_samples, const ScoreHooks&) const override {
    return score_generated(problems_, samples, n_samples, dialogue_group_);
  }

 private:
  GeneratedTasks tasks_;
  std::vector<problems::Problem> problems_;
  std::string dialogue_group_;
};

GeneratedTasks tasks_of(std::vector<Family> families, const SuiteOptions& options) {
  return {.families = std::move(families),
          .levels = options.levels,
          .problems = options.problems,
          .seed = options.seed};
}

}  // namespace

std::unique_ptr<Suite> make_logic_suite(const SuiteOptions& options);
std::unique_ptr<Suite> make_dialogue_suite(const SuiteOptions& options);

std::unique_ptr<Suite> make_logic_suite(const SuiteOptions& options) {
  return std::make_unique<GeneratedSuite>(
      tasks_of({Family::arithmetic, Family::logic, Family::dialogue, Family::recall}, options), "dialogue");
}

std::unique_ptr<Suite> make_dialogue_suite(const SuiteOptions& options) {
  GeneratedTasks tasks = tasks_of({Family::dialogue}, options);
  tasks.levels = {problems::kMaxLevel};  // the one of 20 turns
  return std::make_unique<GeneratedSuite>(std::move(tasks), "20 turns");
}

}  // namespace retort::eval
