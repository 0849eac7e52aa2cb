#include "retort/eval/tasks/generated_scores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "retort/base/random.h"
#include "retort/eval/tasks/generated.h"

namespace retort::eval {
namespace {

using problems::Family;
using problems::Problem;
using problems::Turn;
using problems::TurnKind;

std::vector<Problem> some(std::vector<Family> families, std::vector<int64_t> levels, int64_t n) {
  return problems_of(
      {.families = std::move(families), .levels = std::move(levels), .problems = n, .seed = 1});
}

/// Says something to each turn of each problem.
using Bot = std::function<void(const Problem&, const Turn&, Sample&)>;
std::vector<Sample> answers(const std::vector<Problem>& all, const Bot& bot) {
  std::vector<Sample> out;
  for (const Problem& problem : all)
    for (size_t turn = 0; turn < problem.turns.size(); ++turn) {
      Sample sample{.key = {problems::id(problem), 0, static_cast<int64_t>(turn)}};
      bot(problem, problem.turns[turn], sample);
      out.push_back(std::move(sample));
    }
  return out;
}

void oracle(const Problem&, const Turn& turn, Sample& sample) {
  sample.reasoning = turn.short_thought;
  sample.content = turn.answer;
}

/// The estimate of a figure that must be there.
Estimate of(const SuiteScores& s, const std::string& id) {
  for (const Figure& figure : s.figures)
    if (figure.id == id) return figure.estimate;
  ADD_FAILURE() << "no figure " << id;
  return {};
}

/// The same of all families together, or of the only one.
Estimate of_all(const SuiteScores& s, const std::string& id) {
  for (const Figure& figure : s.figures)
    if (figure.row_id() == id) return figure.estimate;
  ADD_FAILURE() << "no figure " << id;
  return {};
}

std::vector<Breakdown::Point> points_of(const SuiteScores& s, const std::string& figure,
                                        const std::string& by) {
  for (const Breakdown& b : s.breakdowns)
    if (b.figure == figure && b.by == by) return b.points;
  ADD_FAILURE() << "no breakdown of " << figure << " by " << by;
  return {};
}

TEST(GeneratedScores, APerfectBotScoresOne) {
  const auto all = some(problems::all_families(), {1, 3, 6}, 12);
  const SuiteScores s = score_generated(all, answers(all, oracle), 1);
  for (problems::Family family : problems::all_families()) {
    const std::string group = std::string(problems::name(family)) + "/";
    EXPECT_EQ(of(s, group + "correct").value, 1);
    EXPECT_EQ(of(s, group + "correct").items, 36);
    EXPECT_EQ(of(s, group + "steps.completeness").value, 1);
    EXPECT_EQ(of(s, group + "steps.unsupported").value, 0);
    EXPECT_EQ(points_of(s, group + "correct", "level").size(), 3u);
  }
  EXPECT_EQ(of_all(s, "correct").items, 180);
  EXPECT_EQ(s.missing, 0);
  for (const char* bad : {"dialogue.stale", "dialogue.premises", "dialogue.contradictions"}) {
    EXPECT_EQ(of(s, std::string("dialogue/") + bad).value, 0);
    EXPECT_GT(of(s, std::string("dialogue/") + bad).items, 0);
  }
  for (const auto& point : points_of(s, "dialogue/dialogue.turns", "questions"))
    EXPECT_EQ(point.estimate.value, 1);
  for (const SampleVerdict& v : s.verdicts) EXPECT_EQ(v.verdict, "right");
}

TEST(GeneratedScores, ABotThatAnswersAtRandomScoresAboutNothing) {
  const auto all = some({Family::arithmetic, Family::recall}, {2, 4}, 100);
  Random random(5);
  const auto bot = [&](const Problem&, const Turn&, Sample& sample) {
    sample.content = std::to_string(random.below(200));
  };
  const SuiteScores s = score_generated(all, answers(all, bot), 1);
  EXPECT_LT(of_all(s, "correct").value, 0.05);
  EXPECT_EQ(of_all(s, "steps.completeness").value, 0);
}

TEST(GeneratedScores, ABotThatDumpsEveryNumberItSawAssertsNoSteps) {
  const auto all = some({Family::arithmetic}, {2, 3}, 60);
  const auto bot = [](const Problem&, const Turn& turn, Sample& sample) {
    std::string numbers;
    for (char c : turn.user) numbers += std::isdigit(c) ? c : ' ';
    sample.reasoning = numbers;
    sample.content = numbers;
  };
  const SuiteScores s = score_generated(all, answers(all, bot), 1);
  EXPECT_EQ(of_all(s, "correct").value, 0);
  EXPECT_EQ(of_all(s, "steps.completeness").value, 0);
  EXPECT_GT(of_all(s, "malformed").value, 0);
}

void only_the_answer(const Problem&, const Turn& turn, Sample& sample) {
  sample.content = turn.answer;
}

TEST(GeneratedScores, RightAnswersWithoutTheirStepsAreUnsupported) {
  const auto all = some({Family::arithmetic}, {3}, 40);
  const SuiteScores s = score_generated(all, answers(all, only_the_answer), 1);
  EXPECT_EQ(of_all(s, "correct").value, 1);
  EXPECT_EQ(of_all(s, "steps.unsupported").value, 1);
}

TEST(GeneratedScores, AnOldValueIsStaleAndAYesToAFalseClaimAccepted) {
  const auto all = some({Family::dialogue}, {6}, 20);
  const auto bot = [](const Problem&, const Turn& turn, Sample& sample) {
    sample.content = turn.answer;
    if (turn.kind == TurnKind::ask && !turn.stale_values.empty()) sample.content = turn.stale_values.back();
    if (turn.kind == TurnKind::premise) sample.content = "yes";
  };
  const SuiteScores s = score_generated(all, answers(all, bot), 1);
  EXPECT_EQ(of(s, "dialogue/dialogue.stale").value, 1);
  EXPECT_EQ(of(s, "dialogue/dialogue.premises").value, 1);
  EXPECT_LT(of_all(s, "correct").value, 0.2);  // a few dialogues change nothing that they ask for
  const auto survival = points_of(s, "dialogue/dialogue.turns", "questions");
  EXPECT_LT(survival.back().estimate.value, survival.front().estimate.value);
}

TEST(GeneratedScores, WhatWasCutOffIsWrongAndCounted) {
  const auto all = some({Family::logic}, {1}, 10);
  const auto bot = [](const Problem&, const Turn& turn, Sample& sample) {
    sample.content = turn.answer;
    sample.status = SampleStatus::truncated_in_thought;
  };
  const SuiteScores s = score_generated(all, answers(all, bot), 1);
  EXPECT_EQ(of_all(s, "correct").value, 0);
  EXPECT_EQ(of(s, "logic/cut_off").value, 1);
  EXPECT_EQ(s.verdicts[0].verdict, "cut off while thinking");
}

TEST(GeneratedScores, SeveralSamplesOfAnItemAreAveragedFirstAndMissingOnesCounted) {
  const auto all = some({Family::arithmetic}, {1}, 10);
  std::vector<Sample> samples = answers(all, oracle);
  for (const Problem& problem : all) {
    Sample wrong{.key = {problems::id(problem), 1, 0}};
    wrong.content = "x";
    samples.push_back(wrong);
  }
  const SuiteScores s = score_generated(all, samples, 3);
  EXPECT_EQ(of_all(s, "correct").items, 10);
  EXPECT_DOUBLE_EQ(of_all(s, "correct").value, 0.5);
  EXPECT_EQ(s.missing, 10);
  EXPECT_EQ(s.figures[0].scores, std::vector<double>(10, 0.5));
}

TEST(Suite, IsFoundAgainByARunsKeyOrRefused) {
  const auto suite = make_suite("logic", {.levels = {1, 2}, .problems = 5, .seed = 3, .file = {}});
  Json key{{"suite", "logic"}, {"tasks", suite->key()}};
  EXPECT_EQ(suite_of_key(key)->items()[7].id, suite->items()[7].id);
  key["tasks"]["checksum"] = "other";
  EXPECT_ANY_THROW(suite_of_key(key));
  key["tasks"].erase("problems");
  EXPECT_ANY_THROW(suite_of_key(key));
  key["suite"] = "poetry";
  EXPECT_ANY_THROW(suite_of_key(key));
}

}  // namespace
}  // namespace retort::eval
