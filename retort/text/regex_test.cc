#include "retort/text/regex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "retort/base/error.h"

namespace retort {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> matches(std::string_view pattern, std::string_view text, bool jit = true) {
  Regex regex(pattern, "test", {.jit = jit});
  std::vector<std::string> found;
  Regex::Matches walk(regex, text.size());
  walk.start(text);
  while (auto match = walk.next()) found.emplace_back(text.substr(match->begin, match->end - match->begin));
  return found;
}

std::string refusal(std::string_view pattern) {
  try {
    Regex regex(pattern, "tokenizer.json");
  } catch (const Error& e) {
    return e.message();
  }
  return "";
}

TEST(Regex, ClassesAreOnigurumasNotPcres) {
  EXPECT_THAT(matches(R"(\s+)", "a\u180E b\u00A0\u3000c\u0085"), ElementsAre(" ", "\u00A0\u3000", "\u0085"));
  EXPECT_THAT(matches(R"([^\s]+)", "a\u180E b"), ElementsAre("a\u180E", "b"));
  EXPECT_THAT(matches(R"([\S]+)", "a\u180E b"), ElementsAre("a\u180E", "b"));
  EXPECT_THAT(matches(R"(\w+)", "ab_1é\u0301 -中"), ElementsAre("ab_1é\u0301", "中"));
  EXPECT_THAT(matches(R"(\h+)", "0fG \t"), ElementsAre("0f"));
  EXPECT_THAT(matches(R"(\v)", "\n\v"), ElementsAre("\v"));
  EXPECT_THAT(matches(R"(\p{Han}+)", "中、文"),
              ElementsAre("中", "文"));  // the comma is Han by extension only
  EXPECT_THAT(matches(R"(\p{^L}+|\P{^N})", "ab12"), ElementsAre("12"));
}

TEST(Regex, AnchorsAreOfLines) {
  EXPECT_THAT(matches(R"(^.|.$)", "ab\ncd"), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(matches(R"(\s+$)", "a  \nb "), ElementsAre("  ", " "));
}

TEST(Regex, CaseFoldsBeyondAscii) {
  EXPECT_THAT(matches("(?i:'s|k)", "'S'ſ\u212A"), ElementsAre("'S", "'ſ", "\u212A"));
}

TEST(Regex, BracesThatCountNothingAreCharacters) {
  EXPECT_THAT(matches("a{2}|a{,1}b|{x}|[]]", "aa ab b {x} ]"), ElementsAre("aa", "ab", "b", "{x}", "]"));
}

TEST(Regex, EscapesNameCharacters) {
  EXPECT_THAT(matches(R"([\x{4E2D}\u6587\x41\-]+)", "中文A-b"), ElementsAre("中文A-"));
}

TEST(Regex, AnEmptyMatchAfterAMatchDoesNotCount) {
  EXPECT_THAT(matches("b*", "abba"), ElementsAre("", "bb", ""));
  EXPECT_THAT(matches("(?=é)|é", "éé"), ElementsAre("", ""));
  EXPECT_THAT(matches("x*", ""), ElementsAre(""));
}

TEST(Regex, WhatHasNoCounterpartIsRefusedByName) {
  struct Case {
    std::string_view pattern, reason;
  };
  for (auto [pattern, reason] : {
           Case{"[a[b]]", "a class inside a class"},
           Case{"[a&&b]", "'&&' in a character class"},
           Case{"[[:alpha:]]", "a class inside a class"},
           Case{R"([\W])", "a negated set in a class"},
           Case{"(?<name>a)", "this kind of group"},
           Case{"(?i)a", "this kind of group"},
           Case{"(?C1)a", "this kind of group"},
           Case{R"((a)\1)", "the escape '\\1'"},
           Case{R"(\bword)", "the escape '\\b'"},
           Case{R"(\Ka)", "the escape '\\K'"},
           Case{R"(a{2}+)", "'+' after an interval"},
           Case{R"(\pL)", "a property without braces"},
           Case{R"(\p{Nonsense})", "unknown property"},
           Case{"(", "missing closing parenthesis"},
           Case{"(*UTF)a", "quantifier does not follow"},
           Case{"[a", "has no end"},
           Case{"a\\", "ends in a backslash"},
           Case{"\xFF", "not UTF-8"},
       })
    EXPECT_THAT(refusal(pattern), testing::AllOf(HasSubstr("tokenizer.json: "), HasSubstr(reason)))
        << pattern;
  EXPECT_THAT(refusal(std::string(100000, 'a')), HasSubstr("a regex of 100000 bytes"));
  EXPECT_THAT(refusal(std::string(60, '(') + std::string(60, ')')),
              HasSubstr("parentheses are too deeply nested"));
}

TEST(Regex, APatternThatExplodesRunsOutOfTime) {
  for (bool jit : {true, false})
    for (auto [pattern, length] : {std::pair("(?:a+)+[bc]", 100), std::pair("[ab]*a[cd]", 200000)}) {
      try {
        matches(pattern, std::string(size_t(length), 'a'), jit);
        EXPECT_TRUE(jit && length > 100) << pattern;  // the compiler sees through this one
      } catch (const Error& e) {
        EXPECT_EQ(e.code(), ErrorCode::resource);
        EXPECT_THAT(e.message(), HasSubstr("takes too long on a text of"));
      }
    }
}

TEST(Regex, MatchesAreFoundFarFromTheLastOne) {
  std::string text(50000, 'x');
  text += "é7" + std::string(4095, 'y') + "é8";
  EXPECT_THAT(matches(R"(é\d)", text), ElementsAre("é7", "é8"));
}

}  // namespace
}  // namespace retort
