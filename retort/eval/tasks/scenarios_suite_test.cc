#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/eval/sandbox/sandbox_for_tests.h"
#include "retort/eval/suite.h"

namespace retort::eval {
namespace {

using ::testing::HasSubstr;

Sample answer(const std::string& item, int64_t number, std::string content,
              SampleStatus status = SampleStatus::ok) {
  Sample sample{.key = {item, number, 0}, .status = status};
  sample.content = std::move(content);
  return sample;
}

std::string fenced_reference(const std::string& id) {
  std::ifstream file(RETORT_SOURCE_DIR "/suites/code/scenarios/" + id + ".py");
  return "Here it is.\n```python\n" + std::string{std::istreambuf_iterator<char>(file), {}} + "```\n";
}

const Figure& figure(const SuiteScores& scores, std::string_view id) {
  for (const Figure& one : scores.figures)
    if (one.row_id() == id) return one;
  ADD_FAILURE() << "no figure " << id;
  return scores.figures.at(0);
}

class ScenariosSuiteTest : public SandboxFixture {};

TEST_F(ScenariosSuiteTest, AnswersBecomeFigures) {
  const auto suite = make_suite("scenarios", {.problems = 2, .seed = 3});
  const std::vector<Item> items = suite->items();
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0].id, "lru_cache");
  const std::vector<Sample> samples = {answer("lru_cache", 0, fenced_reference("lru_cache")),
                                       answer("lru_cache", 1, "", SampleStatus::truncated_in_thought),
                                       answer("ranked_map", 0, "```python\nclass RankedMap: pass\n```")};
  const SuiteScores scores = suite->score(samples, 2, {});
  EXPECT_EQ(scores.missing, 1);
  EXPECT_EQ(figure(scores, "code.solved").scores, (std::vector<double>{0.5, 0}));
  EXPECT_EQ(figure(scores, "code.exceptions").scores, (std::vector<double>{0.5, 0}));
  EXPECT_EQ(figure(scores, "code.cut_off").scores, (std::vector<double>{0.5, 0}));
  ASSERT_EQ(scores.verdicts.size(), 3u);
  EXPECT_EQ(scores.verdicts[0].verdict, "right");
  EXPECT_EQ(scores.verdicts[1].verdict, "cut off while thinking");
  EXPECT_EQ(scores.verdicts[2].verdict, "wrong");
  EXPECT_THAT(scores.verdicts[2].note, HasSubstr("raised AttributeError"));
  ASSERT_EQ(scores.breakdowns.size(), 1u);
  EXPECT_EQ(scores.breakdowns[0].points[0].at, "lru_cache");
}

TEST(ScenariosSuite, ItsKeyMakesItAgain) {
  const auto suite = make_suite("scenarios", {.problems = 3, .seed = 9});
  const Json key{{"suite", "scenarios"}, {"tasks", suite->key()}};
  EXPECT_EQ(suite_of_key(key)->key(), suite->key());
  Json changed = key;
  changed["tasks"]["checksum"] = "0";
  EXPECT_THROW(suite_of_key(changed), Error);
  EXPECT_THROW(make_suite("scenarios", {.problems = 0}), Error);
}

}  // namespace
}  // namespace retort::eval
