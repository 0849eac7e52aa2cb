#include "retort/eval/code/values.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace retort::eval {
namespace {

Json json(const char* text) {
  return Json::parse(text);
}

struct Pair {
  const char *expected, *actual;
};

TEST(SameValue, IsPythonsEquality) {
  const Pair equal[] = {{"1", "1.0"},
                        {"1", "true"},
                        {"[1, [2.0]]", "[1.0, [2]]"},
                        {R"({"a": 1, "b": 2})", R"({"b": 2, "a": 1})"},
                        {R"({"$set": [1, 2]})", R"({"$set": [2, 1]})"},
                        {R"({"$dict": [[1, "a"], [2, "b"]]})", R"({"$dict": [[2, "b"], [1, "a"]]})"},
                        {R"({"$float": "nan"})", R"({"$float": "NaN"})"},
                        {R"({"$tuple": [1]})", R"({"$tuple": [true]})"}};
  for (const Pair& p : equal)
    EXPECT_TRUE(same_value(json(p.expected), json(p.actual), ValueOrder::exact))
        << p.expected << ' ' << p.actual;
  const Pair different[] = {{"1", "2"},
                            {"1", "\"1\""},
                            {"0", "null"},
                            {"[1, 2]", "[2, 1]"},
                            {"[1, 2]", "[1, 2, 2]"},
                            {"[1]", R"({"$tuple": [1]})"},
                            {"[[1], 2]", "[[1, 2]]"},
                            {R"(["a,b"])", R"(["a", "b"])"},
                            {"0.1", "0.10000000000000002"},
                            {R"({"$float": "inf"})", R"({"$float": "-inf"})"},
                            {R"({"a": 1})", R"({"a": 1, "b": 1})"},
                            {"9007199254740993", "9007199254740992"}};
  for (const Pair& p : different)
    EXPECT_FALSE(same_value(json(p.expected), json(p.actual), ValueOrder::exact))
        << p.expected << ' ' << p.actual;
}

TEST(SameValue, TuplesAreListsWhereALanguageHasNone) {
  EXPECT_TRUE(same_value(json(R"([{"$tuple": [1, 2]}])"), json("[[1, 2]]"), ValueOrder::exact, true));
  EXPECT_FALSE(same_value(json(R"([{"$tuple": [1, 2]}])"), json("[[2, 1]]"), ValueOrder::exact, true));
}

TEST(SameValue, AnyOrderCountsRepeatsAndASetDoesNot) {
  EXPECT_TRUE(same_value(json("[1, 2, 2]"), json("[2, 1, 2]"), ValueOrder::any));
  EXPECT_FALSE(same_value(json("[1, 2, 2]"), json("[2, 1, 1]"), ValueOrder::any));
  EXPECT_FALSE(same_value(json("[[1, 2]]"), json("[[2, 1]]"), ValueOrder::any));
  EXPECT_TRUE(same_value(json("[1, 2, 2]"), json("[2, 1]"), ValueOrder::set));
  EXPECT_FALSE(same_value(json("[1, 2]"), json("[2]"), ValueOrder::set));
  EXPECT_FALSE(same_value(json("[1]"), json("1"), ValueOrder::any));
}

TEST(SameValue, TolerantIsOfNumbersOnly) {
  EXPECT_TRUE(same_value(json("[1.0, 1000000]"), json("[1.0000001, 1000000.5]"), ValueOrder::tolerant));
  EXPECT_FALSE(same_value(json("[1.0]"), json("[1.00001]"), ValueOrder::tolerant));
  EXPECT_FALSE(same_value(json("[1.0, 2.0]"), json("[1.0]"), ValueOrder::tolerant));
  EXPECT_FALSE(same_value(json("1.0"), json(R"({"$float": "nan"})"), ValueOrder::tolerant));
  EXPECT_TRUE(same_value(json(R"({"a": 0.1})"), json(R"({"a": 0.10000001})"), ValueOrder::tolerant));
  EXPECT_FALSE(same_value(json(R"({"a": 0.1})"), json(R"({"b": 0.1})"), ValueOrder::tolerant));
}

TEST(PythonText, LooksAsPythonWritesIt) {
  EXPECT_EQ(python_text(json(R"([1, null, true, "it's\n", {"$tuple": [1]}, {"$set": [2]}, {"a": 1.5}])")),
            R"([1, None, True, 'it\'s\n', (1,), {2}, {'a': 1.5}])");
  EXPECT_EQ(call_text("f", json(R"([[3, 3], "é"])")), "f([3, 3], 'é')");
}

TEST(PythonText, IsCutBetweenCharacters) {
  EXPECT_EQ(python_text(json(R"("ééééé")"), 8), "'éé...");
  EXPECT_EQ(python_text(Json(std::vector<int>(100000, 7)), 12), "[7, 7, 7,...");
}

}  // namespace
}  // namespace retort::eval
