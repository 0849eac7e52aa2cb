#include "retort/train/run_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/base/file.h"

namespace retort::train {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class RunRecordTest : public testing::Test {
 protected:
  RunRecordTest() { fs::remove_all(folder); }
  ~RunRecordTest() override { fs::remove_all(folder); }

  static Recipe recipe(double learning_rate = 1e-3) {
    Json json = parse_json(R"({"output": "student",
      "student": {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2},
      "data": {"families": {"arithmetic": 1}}, "stages": [{"kind": "gold_traces"}], "budget": {"tokens": 1e6}})",
                           "recipe");
    json["optimizer"]["learning_rate"] = learning_rate;
    return parse_recipe(json.dump(), "recipe.json");
  }
  template <typename F>
  static std::string error_of(F f) {
    try {
      f();
    } catch (const Error& error) {
      return error.message();
    }
    return "no error";
  }

  fs::path folder = fs::path(testing::TempDir()) / "run_record_test";
  RunRecord record{folder / "student"};
};

TEST_F(RunRecordTest, ANewRunMayBeginAndCannotBeResumed) {
  record.require_new();
  EXPECT_THAT(error_of([&] { record.require_resumable(recipe()); }), HasSubstr("start it without --resume"));
}

TEST_F(RunRecordTest, ARunThatHasBegunGoesOnWithResumeOnly) {
  record.begin(recipe(), 12345);
  EXPECT_THAT(error_of([&] { record.require_new(); }), HasSubstr("go on with --resume"));
  record.require_resumable(recipe());
  EXPECT_EQ(record.tokens(), 12345);
}

TEST_F(RunRecordTest, KeysWithoutEffectDoNotStandInTheWay) {
  Recipe r = recipe();
  r.student.from = "folder";  // beside which the shape has no effect
  record.begin(r, 1);
  record.require_resumable(r);
}

TEST_F(RunRecordTest, AnotherRecipeIsRefusedByItsKeys) {
  record.begin(recipe(), 1);
  EXPECT_THAT(error_of([&] { record.require_resumable(recipe(2e-3)); }),
              HasSubstr("recipe.json: the run began with another optimizer.learning_rate; put it back"));
}

TEST_F(RunRecordTest, ADoneRunIsNeitherResumedNorOverwritten) {
  record.begin(recipe(), 1);
  record.finish(Json::object());
  EXPECT_THAT(error_of([&] { record.require_resumable(recipe()); }), HasSubstr("this run is done"));
  EXPECT_THAT(error_of([&] { record.require_new(); }),
              HasSubstr("a run has ended here; name another output"));
}

TEST_F(RunRecordTest, AModelOfOthersIsNotOverwritten) {
  fs::create_directories(folder / "student");
  record.require_new();  // an empty folder is no loss
  std::ofstream(folder / "student/config.json") << "{}";
  EXPECT_THAT(error_of([&] { record.require_new(); }), HasSubstr("would be overwritten"));
}

TEST_F(RunRecordTest, EventsAreLinesOfJson) {
  record.begin(recipe(), 1);
  record.log("step", {{"loss", 0.5}});
  record.log("note", {{"text", "two\nlines"}});
  EXPECT_EQ(read_file(record.folder() / "log.jsonl"),
            "{\"event\":\"step\",\"loss\":0.5}\n{\"event\":\"note\",\"text\":\"two\\nlines\"}\n");
}

}  // namespace
}  // namespace retort::train
