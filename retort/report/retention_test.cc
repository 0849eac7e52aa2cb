#include "retort/report/retention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "retort/base/random.h"
#include "retort/eval/statistics/distributions.h"

namespace retort::report {
namespace {

using eval::SuiteResult;
using eval::VerdictOnLoss;

std::vector<int> alone(size_t n) {
  std::vector<int> out(n);
  for (size_t i = 0; i < n; ++i) out[i] = static_cast<int>(i);
  return out;
}

TEST(RetainedShare, IsTheRatioWithTheDeltaMethodsInterval) {
  // before 3 of 4, after 2 of 4: R = 2/3, residuals 0.3333, 0.3333, -0.6667, 0 -> s^2 = (2/9 + 4/9) / 3.
  const double before[] = {1, 1, 1, 0}, after[] = {1, 1, 0, 0};
  const eval::Estimate found = retained_share(before, after, alone(4)).value();
  const double half = eval::student_quantile(0.975, 3) * std::sqrt((6.0 / 9) / 3 / 4) / 0.75;
  EXPECT_NEAR(found.value, 2.0 / 3, 1e-12);
  EXPECT_NEAR(found.high, 2.0 / 3 + half, 1e-9);
  EXPECT_EQ(found.low, 0);  // 2/3 - half is below nothing
}

TEST(RetainedShare, WidensWithClustersThatGoTogether) {
  std::vector<double> before(40, 1.0), after(40, 1.0);
  std::vector<int> clusters(40);
  for (size_t i = 0; i < 40; ++i) {
    clusters[i] = static_cast<int>(i / 10);
    if (i < 10) after[i] = 0;
  }
  const auto wide = retained_share(before, after, clusters).value();
  const auto narrow = retained_share(before, after, alone(40)).value();
  EXPECT_DOUBLE_EQ(wide.value, 0.75);
  EXPECT_LT(wide.low, narrow.low - 0.1);
}

TEST(RetainedShare, OfEqualScoresIsWholeAndStillUncertain) {
  const std::vector<double> scores = {1, 0, 1, 1, 0, 1, 1, 1, 1, 1};
  const auto found = retained_share(scores, scores, alone(10)).value();
  EXPECT_EQ(found.value, 1);
  EXPECT_NEAR(found.low, 1 - eval::proportion(0, 10).high / 0.8, 1e-12);
  EXPECT_FALSE(retained_share(std::vector<double>(10, 0.0), scores, alone(10)).has_value());
}

TEST(RetainedShare, CoversTheTruthAsOftenAsItSays) {
  Random random(11);
  int covered = 0;
  constexpr int kTrials = 400;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> before(200), after(200);
    for (size_t i = 0; i < 200; ++i) {
      const bool right = random.uniform() < 0.7;
      before[i] = right;
      after[i] = random.uniform() < (right ? 0.9 : 0.05);
    }
    const auto found = retained_share(before, after, alone(200)).value();
    const double truth = (0.7 * 0.9 + 0.3 * 0.05) / 0.7;
    covered += found.low <= truth && truth <= found.high;
  }
  EXPECT_GT(covered, 0.92 * kTrials);
  EXPECT_LT(covered, 0.985 * kTrials);
}

/// A run of 20 items of which the first `right` are solved, each with an answer of so many tokens.
SuiteResult run_of(const std::string& id, size_t right, int64_t tokens) {
  SuiteResult out;
  out.run.id = id;
  out.suite = "logic";
  eval::FigureSum correct("correct"), cut_off("cut_off");
  for (size_t i = 0; i < 20; ++i) {
    const std::string item = "item-" + std::to_string(i);
    correct.add(item, i < right ? 1 : 0, static_cast<int>(i));
    cut_off.add(item, 0, static_cast<int>(i));
    eval::Sample sample;
    sample.key.item = item;
    sample.reasoning_tokens = tokens;
    sample.answer_tokens = static_cast<int64_t>(i % 2);
    out.samples.push_back(sample);
  }
  out.scores.figures = {correct.figure(), cut_off.figure()};
  return out;
}

TEST(RetentionOf, CountsFlipsLengthsAndVerdicts) {
  const SuiteRetention found = retention_of(run_of("a", 20, 30), run_of("b", 10, 33), 0.02);
  const FigureRetention* headline = found.headline();
  ASSERT_NE(headline, nullptr);
  EXPECT_EQ(headline->id, "correct");
  EXPECT_EQ(headline->change.only_b, 10);  // right to wrong
  EXPECT_EQ(headline->change.only_a, 0);
  EXPECT_NEAR(headline->change.p, 2 * std::pow(0.5, 10), 1e-12);
  EXPECT_DOUBLE_EQ(headline->change.difference.value, -0.5);
  EXPECT_DOUBLE_EQ(headline->retained->value, 0.5);
  EXPECT_EQ(headline->lost.size(), 10u);
  EXPECT_EQ(headline->lost.front(), "item-10");
  EXPECT_EQ(overall_verdict({&found, 1}), VerdictOnLoss::worse);
  EXPECT_DOUBLE_EQ(found.length.before.value, 30.5);
  EXPECT_DOUBLE_EQ(found.length.change.value, 3);
  ASSERT_EQ(found.figures.size(), 2u);
  EXPECT_FALSE(found.figures[1].compared);  // fewer cut off is better: shown, not paired
}

TEST(RetentionOf, OfOneRunWithItselfLosesNothing) {
  const SuiteRetention found = retention_of(run_of("a", 15, 30), run_of("a", 15, 30), 0.02);
  EXPECT_EQ(found.headline()->retained->value, 1);
  EXPECT_EQ(found.headline()->change.p, 1);
  EXPECT_TRUE(found.headline()->lost.empty() && found.headline()->gained.empty());
  EXPECT_EQ(found.length.change.value, 0);
  // Twenty items cannot show a loss below two points.
  EXPECT_EQ(found.headline()->verdict.verdict, VerdictOnLoss::undecided);
  EXPECT_GT(found.headline()->verdict.needed_items, 100);
}

TEST(OverallVerdict, IsTheWorstOfTheSuites) {
  const auto same = retention_of(run_of("a", 15, 30), run_of("a", 15, 30), 0.5);
  const auto worse = retention_of(run_of("a", 20, 30), run_of("b", 2, 30), 0.02);
  EXPECT_EQ(overall_verdict(std::vector{same}), VerdictOnLoss::not_worse);
  EXPECT_EQ(overall_verdict(std::vector{worse, same}), VerdictOnLoss::worse);
  EXPECT_FALSE(overall_verdict({}).has_value());
}

TEST(RetentionJson, HasTheFieldsOfTheCard) {
  const Json json = to_json(retention_of(run_of("a", 20, 30), run_of("b", 10, 33), 0.02));
  EXPECT_EQ(json.at("run_source"), "a");
  EXPECT_EQ(json.at("obtained"), "measured");
  const Json& figure = json.at("figures").at(0);
  EXPECT_EQ(figure.at("right_to_wrong"), 10);
  EXPECT_EQ(figure.at("wrong_to_right"), 0);
  EXPECT_EQ(figure.at("verdict"), "worse");
  EXPECT_EQ(figure.at("retained").at("value"), 0.5);
  EXPECT_EQ(json.at("output_tokens").at("change").at("value"), 3);
}

}  // namespace
}  // namespace retort::report
