#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/eval/suite.h"
#include "retort/eval/tasks/math_file.h"

namespace retort::eval {
namespace {

using testing::HasSubstr;

class MathSuiteTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("math_suite_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path file(const std::string& text) {
    const auto path = folder_ / "problems.jsonl";
    std::ofstream(path) << text;
    return path;
  }
  std::unique_ptr<Suite> suite(const std::string& text, int64_t problems = 100) {
    return make_suite("math", {.problems = problems, .file = file(text)});
  }
  std::string error(const std::string& text) {
    try {
      suite(text);
    } catch (const Error& e) {
      return e.message();
    }
    return "no error";
  }
  std::filesystem::path folder_;
};

const std::string kGsm8k = R"({"question": "2 + 3 apples?", "answer": "2+3=<<2+3=5>>5\n#### 5"})"
                           "\n"
                           R"({"question": "A thousand and one?", "answer": "#### 1,001"})"
                           "\n";
const std::string kMath =
    R"({"problem": "Half?", "level": "Level 2", "solution": "It is $\\boxed{\\frac12}$.", "subject": "Algebra", "answer": "\\frac{1}{2}"})"
    "\n"
    R"({"problem": "Two?", "level": 5, "solution": "So $\\boxed{2}$.", "type": "Geometry"})"
    "\n\n"
    R"({"problem": "Three?", "level": "Level 5", "solution": "So $\\boxed{3}$.", "type": "Geometry"})";
const std::string kAime = R"({"ID": "2024-I-1", "Problem": "How many?", "Solution": "...", "Answer": 204})";

Sample said(const Item& item, std::string content, std::string thought = "") {
  Sample s{.key = {item.id, 0, 0}};
  s.content = std::move(content);
  s.reasoning = std::move(thought);
  return s;
}

const Figure* figure(const SuiteScores& scores, std::string_view id) {
  for (const Figure& f : scores.figures)
    if (f.row_id() == id) return &f;
  return nullptr;
}

TEST_F(MathSuiteTest, AsksInTheWayOfR1) {
  const auto items = suite(kGsm8k)->items();
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0].turns[0],
            "2 + 3 apples?\n\nPlease reason step by step, and put your final answer within \\boxed{}.");
  EXPECT_EQ(items[1].id, "gsm8k-2");
  EXPECT_EQ(suite(kMath)->items()[2].id, "math-4");
  EXPECT_EQ(suite(kAime)->items()[0].id, "aime-1");
}

TEST_F(MathSuiteTest, ReadsTheGoldOfEachLayout) {
  EXPECT_EQ(read_math_file(file(kGsm8k)).problems[1].gold, "1,001");
  const MathFile math = read_math_file(file(kMath));
  EXPECT_EQ(math.problems[0].gold, "\\frac{1}{2}");
  EXPECT_EQ(math.problems[1].gold, "2");
  EXPECT_EQ(math.problems[1].level, 5);
  EXPECT_EQ(math.problems[1].subject, "Geometry");
  EXPECT_EQ(read_math_file(file(kAime)).problems[0].gold, "204");
}

TEST_F(MathSuiteTest, SaysWhereAFileIsWrong) {
  EXPECT_THAT(error(kGsm8k + "{\"question\": \"x\", \"answer\": \"5\"}"), HasSubstr("problems.jsonl:3: "));
  EXPECT_THAT(error(kGsm8k + "{\"question\": \"x\"}"), HasSubstr(":3: it has no \"answer\""));
  EXPECT_THAT(error(kGsm8k + "{\"question\": \" \", \"answer\": \"#### 5\"}"),
              HasSubstr(":3: \"question\" is empty"));
  EXPECT_THAT(error(kGsm8k + "{\"question\": [], \"answer\": \"#### 5\"}"), HasSubstr("must be text"));
  EXPECT_THAT(error(kGsm8k + "{"), HasSubstr(":3: "));
  EXPECT_THAT(error("[1]"), HasSubstr(":1: a JSON object was expected"));
  EXPECT_THAT(error("{\"prompt\": \"x\"}"), HasSubstr("none of the layouts"));
  EXPECT_THAT(error(R"({"problem": "x", "level": "Level 9", "solution": "\\boxed{1}"})"),
              HasSubstr("\"level\" is \"9\""));
  EXPECT_THAT(error(R"({"problem": "x", "level": "Level 1", "solution": "1"})"), HasSubstr("no \\boxed"));
  EXPECT_THAT(error("\n\n"), HasSubstr("no problems"));
  EXPECT_THROW(make_suite("math", {}), Error);
  EXPECT_THROW(make_suite("math", {.file = folder_ / "absent"}), Error);
}

TEST_F(MathSuiteTest, ComparesExactlyAndSaysWhy) {
  const auto s = suite(kMath);
  const auto items = s->items();
  const SuiteScores scores = s->score(
      std::vector<Sample>{said(items[0], "So \\boxed{0.5}"), said(items[1], "\\boxed{20}", "1 + 1 = 3"),
                          said(items[2], "I think of 1, 2, 3")},
      1, {});
  EXPECT_EQ(scores.missing, 0);
  EXPECT_NEAR(figure(scores, "correct")->estimate.value, 1.0 / 3, 1e-9);
  EXPECT_NEAR(figure(scores, "malformed")->estimate.value, 1.0 / 3, 1e-9);
  EXPECT_EQ(figure(scores, "steps.error_rate")->estimate.value, 1);
  EXPECT_EQ(figure(scores, "steps.error_rate")->items, std::vector<std::string>{"math-2"});
  EXPECT_EQ(scores.verdicts[0].verdict, "right");
  EXPECT_EQ(scores.verdicts[1].note, "expected 2, got 20; first false step: 1 + 1 = 3");
  EXPECT_EQ(scores.verdicts[2].verdict, "unmarked");
  EXPECT_THAT(scores.verdicts[2].note, HasSubstr("weak extraction"));
  ASSERT_EQ(scores.breakdowns.size(), 1u);
  EXPECT_EQ(scores.breakdowns[0].points[0].at, "2");
  EXPECT_EQ(scores.breakdowns[0].points[0].estimate.value, 1);
  EXPECT_EQ(scores.breakdowns[0].points[1].estimate.items, 2);
  EXPECT_EQ(scores.notes.size(), 2u);
}

TEST_F(MathSuiteTest, WhatWasCutOffIsWrongAndWhatIsNotThereMissing) {
  const auto s = suite(kGsm8k);
  Sample cut = said(s->items()[0], "\\boxed{5}");
  cut.status = SampleStatus::truncated_in_answer;
  const SuiteScores scores = s->score(std::vector<Sample>{cut}, 1, {});
  EXPECT_EQ(figure(scores, "correct")->estimate.value, 0);
  EXPECT_EQ(figure(scores, "cut_off")->estimate.value, 1);
  EXPECT_EQ(scores.missing, 1);
}

TEST_F(MathSuiteTest, DrawsSoManyProblemsByTheSeed) {
  std::string many;
  for (int i = 0; i < 50; ++i) many += kGsm8k;
  const auto path = file(many);
  auto ids = [&](uint64_t seed) {
    std::string out;
    for (const Item& item : make_suite("math", {.problems = 10, .seed = seed, .file = path})->items())
      out += item.id + " ";
    return out;
  };
  EXPECT_EQ(ids(1), ids(1));
  EXPECT_NE(ids(1), ids(2));
  const std::string one = ids(1);
  EXPECT_EQ(std::count(one.begin(), one.end(), ' '), 10);
}

TEST_F(MathSuiteTest, IsFoundAgainByItsKeyUnlessTheFileChanged) {
  const auto s = suite(kGsm8k);
  const Json key{{"suite", "math"}, {"tasks", s->key()}};
  EXPECT_EQ(suite_of_key(key)->items()[0].turns, s->items()[0].turns);
  file(kMath);
  EXPECT_THROW(suite_of_key(key), Error);
}

/// The benchmarks as published, when a folder `shared/data` beside the source tree has them: gold answers in
/// boxes are right, and those of other problems are hardly ever.
TEST_F(MathSuiteTest, ScoresTheGoldAnswersOfPublishedFilesOne) {
  int read = 0;
  for (const char* name : {"math500/test500.jsonl", "gsm8k/test.jsonl"})
    for (const char* folder : {"/../shared/data/", "/../../shared/data/"}) {
      const std::filesystem::path path = std::string(RETORT_SOURCE_DIR) + folder + name;
      if (!std::filesystem::exists(path)) continue;
      ++read;
      const auto s = make_suite("math", {.problems = 100'000, .file = path});
      const MathFile all = read_math_file(path);
      const auto items = s->items();
      std::vector<Sample> gold, others;
      for (size_t i = 0; i < items.size(); ++i) {
        gold.push_back(said(items[i], "The answer is \\boxed{" + all.problems[i].gold + "}."));
        others.push_back(said(items[i], "\\boxed{" + all.problems[(i + 1) % items.size()].gold + "}"));
      }
      EXPECT_EQ(figure(s->score(gold, 1, {}), "correct")->estimate.value, 1) << name;
      EXPECT_LT(figure(s->score(others, 1, {}), "correct")->estimate.value, 0.03) << name;
      break;
    }
  if (read == 0) GTEST_SKIP() << "the benchmarks are not here";
}

}  // namespace
}  // namespace retort::eval
