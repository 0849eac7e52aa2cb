#include "retort/base/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "retort/base/error.h"

namespace retort {
namespace {

std::string message_of(std::string_view text, JsonLimits limits = {}) {
  try {
    parse_json(text, "f.json", limits);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::bad_input);
    return e.message();
  }
  return "";
}

TEST(Json, KeepsTheOrderOfTheFile) {
  EXPECT_EQ(parse_json(R"({"b":1,"a":[true,null,-2.5e3,"é"]})", "x").dump(),
            R"({"b":1,"a":[true,null,-2500.0,"é"]})");
}

TEST(Json, ErrorNamesFileLineAndColumn) {
  EXPECT_EQ(message_of("{\n  \"a\": tru }").find("f.json: line 2, column 1"), 0u)
      << message_of("{\n  \"a\": tru }");
}

TEST(Json, DuplicateKeysAreRefusedUnlessAllowed) {
  EXPECT_EQ(message_of(R"({"a":1,"a":2})"), "f.json: the key 'a' stands twice in one object");
  EXPECT_EQ(message_of(R"([{"a":1},{"a":2}])"), "");
  EXPECT_EQ(message_of(R"({"a":1,"a":2})", {.allow_duplicate_keys = true}), "");
}

TEST(Json, TheLastOfAllowedDuplicatesWins) {
  EXPECT_EQ(parse_json(R"({"a":1,"b":2,"a":[3,{"c":4}]})", "x", {.allow_duplicate_keys = true}).dump(),
            R"({"a":[3,{"c":4}],"b":2})");
}

TEST(Json, AnObjectOfManyKeysTakesLinearTime) {
  std::string text = "{";
  for (int i = 0; i < 300000; ++i) text += (i ? ",\"" : "\"") + std::to_string(i) + "\":" + std::to_string(i);
  Json json = parse_json(text + "}", "x");  // quadratic building would outlast the test's time limit
  ASSERT_EQ(json.size(), 300000u);
  EXPECT_EQ(std::prev(json.end()).key(), "299999");
}

TEST(Json, DepthIsBounded) {
  std::string deep(100000, '[');
  EXPECT_EQ(message_of(deep), "f.json: nested more than 64 deep");
  EXPECT_EQ(message_of(std::string(64, '[') + std::string(64, ']')), "");
}

TEST(Json, EveryMalformedTextIsAnError) {
  for (const char* text :
       {"", " ", "{", "}", "[1,]", "{\"a\"}", "01", "\"\\u12\"", "nul", "1 2", "\"\xff\"", "{\"a\":1e999}"})
    EXPECT_NE(message_of(text), "") << text;
}

}  // namespace
}  // namespace retort
