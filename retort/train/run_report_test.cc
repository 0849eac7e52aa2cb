#include "retort/train/run_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace retort::train {
namespace {

StepReport step() {
  StepReport report;
  report.predicted = 10;
  report.loss.total = 2;
  return report;
}

TEST(RunReport, AStepOfADenseStudentSaysNothingOfExperts) {
  EXPECT_FALSE(to_json("gold_traces", step()).contains("expert_load"));
}

TEST(RunReport, AStepOfAMixtureHasTheLoadOfEachLayer) {
  StepReport report = step();
  report.loss.experts = ExpertLoad(2, 4);
  std::vector<int64_t> first = {0, 4, 6, 8, 8}, second = {0, 2, 4, 6, 8};  // 4 2 2 0 and 2 2 2 2 tokens
  report.loss.experts.add(0, {.n_tokens = 8, .n_experts = 4, .top_k = 1, .starts = first});
  report.loss.experts.add(1, {.n_tokens = 8, .n_experts = 4, .top_k = 1, .starts = second});
  report.loss.balance = 2.5;
  const Json json = to_json("gold_traces", report);
  EXPECT_EQ(json["expert_load"], Json::array({2.0, 1.0}));
  EXPECT_EQ(json["idle_experts"], 1);
  EXPECT_EQ(json["balance_loss"], 2.5);
}

TEST(RunReport, LossesOfMicroBatchesAddUpWithTheirExperts) {
  LossReport sum, one;
  one.balance = 1;
  one.experts = ExpertLoad(1, 2);
  std::vector<int64_t> starts = {0, 3, 4};
  one.experts.add(0, {.n_tokens = 4, .n_experts = 2, .top_k = 1, .starts = starts});
  sum += one;
  sum += one;
  EXPECT_EQ(sum.balance, 2);
  EXPECT_EQ(sum.experts.count(0, 0), 6);
  EXPECT_EQ(sum.experts.count(0, 1), 2);
}

}  // namespace
}  // namespace retort::train
