#include "retort/eval/compare/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "retort/eval/compare/costs.h"

namespace retort::eval {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int kItems = 400;

/// A figure over kItems items of which the first `right` are right.
Figure figure(const std::string& id, int right) {
  FigureSum sum(id);
  for (int i = 0; i < kItems; ++i) sum.add("item-" + std::to_string(i), i < right ? 1 : 0, i);
  return sum.figure();
}

ModelResult model(const std::string& name, int right, double bytes) {
  ModelResult out{.name = name, .parameters = 1'000'000};
  SuiteResult suite{.run = {.id = "run-" + name}, .suite = "logic"};
  suite.scores.figures = {figure("correct", right), figure("steps.error_rate", 10)};
  out.suites.push_back(std::move(suite));
  out.hardware.push_back(
      {.id = "weights_bytes", .value = bytes, .low = {}, .high = {}, .run = "run-" + name});
  return out;
}

const Recommendation* for_scenario(const std::vector<Recommendation>& all, const std::string& name) {
  const auto at = std::find_if(all.begin(), all.end(), [&](const auto& r) { return r.scenario == name; });
  return at == all.end() ? nullptr : &*at;
}

TEST(Differences, AreOfTheItemsThatBothWereAsked) {
  Figure a = figure("correct", 300), b = figure("correct", 300);
  a.items.resize(200);
  a.scores.resize(200);
  a.clusters.resize(200);
  std::reverse(b.items.begin(), b.items.end());
  std::reverse(b.scores.begin(), b.scores.end());
  const PairedDifference d = paired_on_common_items(a, b);
  EXPECT_EQ(d.difference.items, 200);
  EXPECT_EQ(d.difference.value, 0);
}

TEST(Differences, StandInBothDirectionsWithOneCorrectedP) {
  const std::vector<ModelResult> models = {model("big", 390, 2e6), model("small", 300, 1e6)};
  const auto all = all_differences(models, 0.02);
  const Difference* loss = find_difference(all, "correct", "small", "big");
  const Difference* gain = find_difference(all, "correct", "big", "small");
  ASSERT_TRUE(loss != nullptr && gain != nullptr);
  EXPECT_DOUBLE_EQ(loss->paired.difference.value, -90.0 / kItems);
  EXPECT_EQ(loss->verdict.verdict, VerdictOnLoss::worse);
  EXPECT_EQ(gain->verdict.verdict, VerdictOnLoss::not_worse);
  EXPECT_EQ(loss->p_holm, gain->p_holm);
  EXPECT_GE(loss->p_holm, loss->paired.p);
  // What is better when lower is not compared as if it were better when higher.
  EXPECT_EQ(find_difference(all, "steps.error_rate", "small", "big"), nullptr);
}

TEST(Recommendation, IsTheCheapestThatIsShownNotToLoseTooMuch) {
  // Within ten points for a phone: 380 of 400 is, 300 is not.
  const auto all =
      recommend(std::vector{model("tiny", 300, 1e6), model("mid", 380, 2e6), model("big", 390, 4e6)});
  const Recommendation* edge = for_scenario(all, "mobile or edge");
  ASSERT_NE(edge, nullptr);
  EXPECT_EQ(edge->model, "mid");
  EXPECT_EQ(edge->runner_up, "big");
  EXPECT_THAT(edge->runs, ElementsAre("run-mid", "run-big"));
  EXPECT_THAT(edge->sentence, HasSubstr("not shown worse"));
}

TEST(Recommendation, IsNoneWhereTheBestFailsMostOfTheTime) {
  const auto all = recommend(std::vector{model("a", 40, 1e6), model("b", 60, 2e6)});
  const Recommendation* edge = for_scenario(all, "mobile or edge");
  ASSERT_NE(edge, nullptr);
  EXPECT_EQ(edge->model, "");
  EXPECT_THAT(edge->sentence, HasSubstr("none of these does the job: the best, b"));
}

TEST(Recommendation, SaysNothingOfWhatWasNotMeasured) {
  const auto all = recommend(std::vector{model("a", 400, 1e6)});
  EXPECT_EQ(for_scenario(all, "code"), nullptr);
}

TEST(Recommendation, NeverChoosesADearerModelThatIsNoBetter) {
  const auto all = recommend(std::vector{model("dear", 390, 9e6), model("cheap", 390, 1e6)});
  EXPECT_EQ(for_scenario(all, "mobile or edge")->model, "cheap");
  // Also where equal answers on few items prove nothing.
  std::vector<ModelResult> few = {model("dear", 390, 9e6), model("cheap", 390, 1e6)};
  for (ModelResult& one : few)
    for (Figure& f : one.suites[0].scores.figures) {
      f.items.resize(5);
      f.scores.resize(5);
      f.clusters.resize(5);
    }
  EXPECT_EQ(for_scenario(recommend(few), "mobile or edge")->model, "cheap");
}

TEST(ParetoFront, LeavesOutWhatAnotherBeatsOrWhatHasNoCost) {
  std::vector<ModelResult> models = {model("tiny", 300, 1e6), model("worse", 290, 2e6),
                                     model("big", 390, 4e6)};
  models.push_back(model("unknown", 400, 1));
  models.back().hardware.clear();
  EXPECT_THAT(pareto_front(models, "correct", "weights_bytes"), ElementsAre(0u, 2u));
}

TEST(Costs, OfAStoppedRunAreScaledToAllItsAnswers) {
  SuiteResult result{.run = {.id = "r"}, .suite = "logic"};
  result.scores.figures = {figure("correct", 100)};
  result.summary = {.answers = 400, .statuses = {}, .thought_tokens = 8, .answer_tokens = 2};
  const std::vector<Json> calls = {{{"answers", 200}, {"seconds", 10.0}, {"generated_tokens", 2000}},
                                   {{"scoring_seconds", 3.0}}};
  const auto costs = costs_of(result, calls);
  const auto value = [&](std::string_view id) {
    for (const HardwareFigure& f : costs)
      if (f.id == id) return f.value;
    return -1.0;
  };
  EXPECT_DOUBLE_EQ(value("seconds_per_solved"), 10.0 / 200 * 400 / 100);
  EXPECT_DOUBLE_EQ(value("tokens_per_solved"), 400 * 10.0 / 100);
  EXPECT_DOUBLE_EQ(value("batched_tokens_per_second"), 200);
  EXPECT_EQ(value("joules_per_solved"), -1);
}

TEST(Published, FiguresStandWithTheirSourceAndDate) {
  const auto all = published_figures();
  EXPECT_GT(all.size(), 60u);
  for (const PublishedFigure& f : all) {
    EXPECT_FALSE(f.source.empty() || f.url.empty() || f.date.empty()) << f.model;
    if (f.unit == "%") EXPECT_TRUE(f.value > 0 && f.value < 100) << f.model << f.benchmark;
  }
}

TEST(Claims, AreAuditedAgainstTheModelInTheirPlaceAndNoOther) {
  ModelResult ours = model("micro-13", 200, 1e6);
  ours.suites[0].scores.figures.push_back(figure("steps.completeness", 200));
  bool seen = false;
  for (const AuditedClaim& claim : audit_claims(std::vector{ours})) {
    if (claim.id == "L1") {
      seen = true;
      EXPECT_THAT(claim.measured, HasSubstr("micro-13 (1 M parameters): steps asserted 50.0 %"));
      EXPECT_THAT(claim.verdict, HasSubstr("no such model; above what was measured"));
    } else {
      EXPECT_EQ(claim.measured, "") << claim.id;
    }
  }
  EXPECT_TRUE(seen);
}

TEST(Comparison, CsvQuotesWhatNeedsItAndNamesHowEachFigureWasObtained) {
  const std::string csv = to_csv(compare({model("a,\"b\"", 380, 1e6)}, 0.02));
  EXPECT_THAT(csv, HasSubstr("\"a,\"\"b\"\"\",logic,correct,0.95,"));
  EXPECT_THAT(csv, HasSubstr(",share,measured,\"run-a,\"\"b\"\"\"\r\n"));
  EXPECT_THAT(csv, HasSubstr(",published,\"DeepSeek-R1 README"));
}

TEST(Comparison, JsonSaysOfEachFigureHowItWasObtained) {
  const Json json = to_json(compare({model("a", 380, 1e6), model("b", 300, 1e5)}, 0.02), false);
  for (const Json& one : json.at("models")) {
    for (const Json& f : one.at("figures")) EXPECT_EQ(f.at("obtained"), "measured");
    EXPECT_FALSE(one.contains("samples"));
  }
  for (const Json& f : json.at("published")) EXPECT_EQ(f.at("obtained"), "published");
  EXPECT_EQ(json.at("differences").size(), 2u);
}

}  // namespace
}  // namespace retort::eval
