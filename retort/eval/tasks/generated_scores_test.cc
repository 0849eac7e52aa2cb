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

TEST(GeneratedScores, APerfectBotScoresOne) {
  const auto all = some(problems::all_families(), {1, 3, 6}, 12);
  const GeneratedScores s = score(all, answers(all, oracle), 1);
  EXPECT_EQ(s.cells.size(), 15u);
  for (const CellScore& cell : s.cells) {
    EXPECT_EQ(cell.correct.value, 1) << problems::name(cell.family) << cell.level;
    EXPECT_EQ(cell.completeness.value, 1);
    EXPECT_EQ(cell.unsupported.value, 0);
    EXPECT_EQ(cell.correct.items, 12);
  }
  EXPECT_EQ(s.families.size(), 5u);
  EXPECT_EQ(s.missing, 0);
  EXPECT_EQ(s.dialogue.stale.value, 0);
  EXPECT_EQ(s.dialogue.accepted_premises.value, 0);
  EXPECT_EQ(s.dialogue.contradictions.value, 0);
  EXPECT_GT(s.dialogue.stale.items, 0);
  EXPECT_GT(s.dialogue.accepted_premises.items, 0);
  for (const Estimate& e : s.dialogue.survival) EXPECT_EQ(e.value, 1);
}

TEST(GeneratedScores, ABotThatAnswersAtRandomScoresAboutNothing) {
  const auto all = some({Family::arithmetic, Family::recall}, {2, 4}, 100);
  Random random(5);
  const GeneratedScores s =
      score(all,
            answers(all, [&](const Problem&, const Turn&,
                             Sample& sample) { sample.content = std::to_string(random.below(200)); }),
            1);
  for (const CellScore& cell : s.cells) {
    EXPECT_LT(cell.correct.value, 0.05);
    EXPECT_EQ(cell.completeness.value, 0);
  }
}

TEST(GeneratedScores, ABotThatDumpsEveryNumberItSawAssertsNoSteps) {
  const auto all = some({Family::arithmetic}, {2, 3}, 60);
  const GeneratedScores s = score(all,
                                  answers(all,
                                          [](const Problem&, const Turn& turn, Sample& sample) {
                                            std::string numbers;
                                            for (char c : turn.user) numbers += std::isdigit(c) ? c : ' ';
                                            sample.reasoning = numbers;
                                            sample.content = numbers;
                                          }),
                                  1);
  for (const CellScore& cell : s.cells) {
    EXPECT_EQ(cell.correct.value, 0);
    EXPECT_EQ(cell.completeness.value, 0);
    EXPECT_GT(cell.malformed, 0);
  }
}

TEST(GeneratedScores, RightAnswersWithoutTheirStepsAreUnsupported) {
  const auto all = some({Family::arithmetic}, {3}, 40);
  const GeneratedScores s = score(
      all,
      answers(all, [](const Problem&, const Turn& turn, Sample& sample) { sample.content = turn.answer; }),
      1);
  EXPECT_EQ(s.cells[0].correct.value, 1);
  EXPECT_EQ(s.cells[0].unsupported.value, 1);
}

TEST(GeneratedScores, AnOldValueIsStaleAndAYesToAFalseClaimAccepted) {
  const auto all = some({Family::dialogue}, {6}, 20);
  const GeneratedScores s = score(all,
                                  answers(all,
                                          [](const Problem&, const Turn& turn, Sample& sample) {
                                            sample.content = turn.answer;
                                            if (turn.kind == TurnKind::ask && !turn.stale_values.empty())
                                              sample.content = turn.stale_values.back();
                                            if (turn.kind == TurnKind::premise) sample.content = "yes";
                                          }),
                                  1);
  EXPECT_EQ(s.dialogue.stale.value, 1);
  EXPECT_EQ(s.dialogue.accepted_premises.value, 1);
  EXPECT_LT(s.cells[0].correct.value, 0.2);  // a few dialogues change nothing that they ask for
  EXPECT_LT(s.dialogue.survival.back().value, s.dialogue.survival.front().value);
}

TEST(GeneratedScores, WhatWasCutOffIsWrongAndCounted) {
  const auto all = some({Family::logic}, {1}, 10);
  const GeneratedScores s = score(all,
                                  answers(all,
                                          [](const Problem&, const Turn& turn, Sample& sample) {
                                            sample.content = turn.answer;
                                            sample.status = SampleStatus::truncated_in_thought;
                                          }),
                                  1);
  EXPECT_EQ(s.cells[0].correct.value, 0);
  EXPECT_EQ(s.cells[0].statuses.at(SampleStatus::truncated_in_thought), 10);
}

TEST(GeneratedScores, SeveralSamplesOfAnItemAreAveragedFirstAndMissingOnesCounted) {
  const auto all = some({Family::arithmetic}, {1}, 10);
  std::vector<Sample> samples = answers(all, oracle);
  for (const Problem& problem : all) {
    Sample wrong{.key = {problems::id(problem), 1, 0}};
    wrong.content = "x";
    samples.push_back(wrong);
  }
  const GeneratedScores s = score(all, samples, 3);
  EXPECT_EQ(s.cells[0].correct.items, 10);
  EXPECT_DOUBLE_EQ(s.cells[0].correct.value, 0.5);
  EXPECT_EQ(s.missing, 10);
  EXPECT_EQ(s.item_scores, std::vector<double>(10, 0.5));
}

TEST(GeneratedScores, TheTasksOfAKeyAreFoundAgainOrRefused) {
  const GeneratedTasks tasks{.families = {Family::logic}, .levels = {1, 2}, .problems = 5, .seed = 3};
  Json key = to_json(tasks, problems_of(tasks));
  EXPECT_EQ(problems::id(problems_of(tasks_of_key(key))[7]), problems::id(problems_of(tasks)[7]));
  key["checksum"] = "other";
  EXPECT_ANY_THROW(tasks_of_key(key));
  key.erase("levels");
  EXPECT_ANY_THROW(tasks_of_key(key));
}

}  // namespace
}  // namespace retort::eval
