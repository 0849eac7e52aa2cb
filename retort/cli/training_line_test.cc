#include "retort/cli/training_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace retort::cli {
namespace {

train::StepReport step() {
  train::StepReport report;
  report.step = 120;
  report.steps = 400;
  report.loss.total = 0.4123;
  report.tokens_per_second = 3950;
  report.flops = 84e9;
  report.share_of_peak = 84.0 / 468;
  report.seconds_left = 123;
  return report;
}

TEST(TrainingLine, SaysHowFarHowWellAndHowFast) {
  EXPECT_EQ(
      training_line("gold_traces", step(), {}, 0),
      "gold_traces  step 120 of 400  loss 0.412  3,950 tokens/s  84 GFLOP/s, 18 % of peak  2 min 3 s left");
}

TEST(TrainingLine, ShowsTheLastExaminationByLevel) {
  train::ExaminationReport report;
  report.result.scores = {{problems::Family::arithmetic, 1, {9, 10}},
                          {problems::Family::arithmetic, 2, {1, 4}}};
  std::string line = training_line("gold_traces", step(), report, 0);
  EXPECT_TRUE(line.ends_with(" left  arithmetic 90/25 %")) << line;
}

TEST(TrainingLine, ShowsTheLoadOfTheBusiestExpert) {
  // Two layers of two experts: 3 and 5 tokens, then 1 and 3.
  train::StepReport report = step();
  report.loss.experts = ExpertLoad(2, 2);
  std::vector<int64_t> starts[] = {{0, 3, 8}, {0, 1, 4}};
  for (int64_t layer = 0; layer < 2; ++layer) {
    std::vector<int64_t>& at = starts[layer];
    report.loss.experts.add(layer, {.n_tokens = at.back(), .n_experts = 2, .top_k = 1, .starts = at});
  }
  EXPECT_THAT(training_line("gold_traces", report, {}, 0),
              testing::EndsWith("18 % of peak  expert load 1.50  2 min 3 s left"));
}

TEST(TrainingLine, FitsTheTerminal) {
  EXPECT_EQ(training_line("gold_traces", step(), {}, 40).size(), 39u);
}

}  // namespace
}  // namespace retort::cli
