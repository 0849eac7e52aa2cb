#include "retort/eval/code/load_tasks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "retort/base/error.h"
#include "retort/eval/code/value_type.h"

namespace retort::eval {
namespace {

using ::testing::HasSubstr;

constexpr const char* kReferences =
    "def best(n): ...\ndef good(n): ...\ndef naive(n): ...\ndef inputs(rng): ...\ndef sized(rng, n): ...\n";

Json contract() {
  return Json::parse(
      R"({"id": "double", "level": 1, "tags": ["arithmetic"], "language": "python", "entry": "double",
    "parameters": [{"name": "n", "type": "int", "constraint": "from 0 to 9"}], "returns": {"type": "int"},
    "prompt": "Double n.", "order": "exact", "faults": [{"args": [-1], "raises": "ValueError", "category": "range"}],
    "sizes": [10, 20], "mutates": false})");
}

std::string refusal(const Json& json, const std::string& references = kReferences) {
  try {
    parse_code_task(json.dump(), references, "double.json");
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

TEST(LoadTasks, AContractIsReadWhole) {
  const CodeTask task = parse_code_task(contract().dump(), kReferences, "double.json");
  EXPECT_EQ(task.entry, "double");
  EXPECT_EQ(task.parameters.at(0).constraint, "from 0 to 9");
  EXPECT_EQ(task.return_type, "int");
  EXPECT_EQ(task.faults.at(0).raises, "ValueError");
  EXPECT_EQ(task.sizes, (std::vector<int64_t>{10, 20}));
  EXPECT_EQ(task.order, ValueOrder::exact);
}

TEST(LoadTasks, WhatIsWrongIsNamed) {
  const struct {
    const char *key, *value, *says;
  } rows[] = {{"level", "7", "'level' must be a whole number from 1 to 6"},
              {"id", R"("a/b")", "id 'a/b' must be a name"},
              {"language", R"("perl")", "language 'perl' is none of"},
              {"entry", "\"f()\"", "entry 'f()' is not a function's name"},
              {"parameters", R"([{"name": "n", "type": "list[int", "constraint": ""}])", "parameter 1: type 'list[int'"},
              {"parameters", R"([{"name": "n", "type": "int"}])", "parameter 1: 'constraint' is missing"},
              {"returns", R"({"type": "number"})", "no such type"},
              {"prompt", R"("")", "the prompt is empty"},
              {"order", R"("sorted")", "order 'sorted' is none of"},
              {"faults", R"([{"args": [], "raises": "E", "category": "odd"}])", "category 'odd' is none of"},
              {"sizes", "[20, 10]", "'sizes' must grow, and 10 does not"},
              {"sizes", "[20]", "'sizes' needs two at least"},
              {"mutates", "0", "'mutates' must be true or false"},
              {"more", "1", "unknown key 'more'"}};
  for (const auto& row : rows) {
    Json json = contract();
    json[row.key] = Json::parse(row.value);
    EXPECT_THAT(refusal(json), HasSubstr(row.says)) << row.key;
    EXPECT_THAT(refusal(json), ::testing::StartsWith("double.json: ")) << row.key;
  }
  Json json = contract();
  json.erase("order");
  EXPECT_THAT(refusal(json), HasSubstr("'order' is missing"));
  EXPECT_THAT(refusal(contract(), "def best(n): ..."), HasSubstr("do not define good(...)"));
}

TEST(LoadTasks, TheProgramHasItsProblemsInItself) {
  const std::vector<CodeTask> tasks = bundled_code_tasks();
  EXPECT_GE(tasks.size(), 60u);
  std::set<int> levels;
  for (const CodeTask& task : tasks) levels.insert(task.level);
  EXPECT_EQ(levels.size(), 6u);
  EXPECT_LE(tasks.front().level, tasks.back().level);
}

TEST(LoadTasks, AFolderIsReadLikeTheProgramsOwn) {
  const std::vector<CodeTask> folder = code_tasks_in(RETORT_SOURCE_DIR "/suites/code"),
                              own = bundled_code_tasks();
  ASSERT_EQ(folder.size(), own.size());
  for (size_t i = 0; i < own.size(); ++i) {
    EXPECT_EQ(folder[i].id, own[i].id);
    EXPECT_EQ(folder[i].references, own[i].references);
  }
  EXPECT_THROW(code_tasks_in("/no/such/folder"), Error);
  EXPECT_THROW(code_tasks_in(RETORT_SOURCE_DIR "/retort/eval/code"), Error);
}

TEST(ValueType, HasItsCppForm) {
  const struct {
    const char *type, *cpp;
  } rows[] = {{"int", "long long"},
              {"list[str]", "std::vector<std::string>"},
              {"dict[str, list[float]]", "std::map<std::string, std::vector<double>>"},
              {"tuple[int, bool]", "std::tuple<long long, bool>"}};
  for (const auto& row : rows) EXPECT_EQ(or_throw(cpp_type(or_throw(parse_value_type(row.type)))), row.cpp);
  EXPECT_FALSE(cpp_type(or_throw(parse_value_type("list[None]"))));
  for (const char* wrong : {"", "int]", "list", "list[]", "dict[str]", "list[int, int]", "Int",
                            "list[list[list[list[list[list[list[list[list[list[int]]]]]]]]]]"})
    EXPECT_FALSE(parse_value_type(wrong)) << wrong;
}

}  // namespace
}  // namespace retort::eval
