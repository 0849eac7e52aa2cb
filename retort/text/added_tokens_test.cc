#include "retort/text/added_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace retort {
namespace {

using testing::ElementsAre;

/// "[text]" for what stands between and "id" for tokens.
std::vector<std::string> split(const std::vector<AddedToken>& tokens, std::string_view text,
                               bool normalized = false) {
  AddedTokens added;
  for (auto& token : tokens) added.add(token, token.content);
  std::vector<std::string> out;
  TextSpan whole{0, text.size()};
  for (auto part : added.split(text, normalized, {&whole, 1}))
    out.push_back(part.id >= 0
                      ? std::to_string(part.id)
                      : "[" + std::string(text.substr(part.span.begin, part.span.end - part.span.begin)) +
                            "]");
  return out;
}

TEST(AddedTokens, TheLeftmostWinsAndOfThoseTheLongest) {
  std::vector<AddedToken> tokens = {
      {.id = 1, .content = "<a"}, {.id = 2, .content = "<ab>"}, {.id = 3, .content = "b>c"}};
  EXPECT_THAT(split(tokens, "x<ab>c<a<a"), ElementsAre("[x]", "2", "[c]", "1", "1"));
  EXPECT_THAT(split(tokens, "<abb>c"), ElementsAre("1", "[b]", "3"));
  EXPECT_THAT(split(tokens, ""), ElementsAre());
  EXPECT_THAT(split({}, "ab"), ElementsAre("[ab]"));
}

TEST(AddedTokens, SingleWordsStandAlone) {
  std::vector<AddedToken> tokens = {{.id = 1, .content = "cat", .single_word = true}};
  EXPECT_THAT(split(tokens, "cat, cats écat cat"), ElementsAre("1", "[, cats écat ]", "1"));
}

TEST(AddedTokens, StrippingTakesTheWhiteSpaceBeside) {
  EXPECT_THAT(split({{.id = 1, .content = "T", .lstrip = true}}, "a \u3000T b"),
              ElementsAre("[a]", "1", "[ b]"));
  EXPECT_THAT(split({{.id = 1, .content = "T", .rstrip = true}}, "a T \u3000b"),
              ElementsAre("[a ]", "1", "[b]"));
  EXPECT_THAT(split({{.id = 1, .content = "T", .lstrip = true, .rstrip = true}}, " T  T "),
              ElementsAre("1", "1"));
}

TEST(AddedTokens, ATokenOfTheSpaceThatAnotherTookStillCounts) {
  std::vector<AddedToken> tokens = {{.id = 1, .content = "T", .rstrip = true}, {.id = 2, .content = " "}};
  EXPECT_THAT(split(tokens, "T  b"), ElementsAre("1", "2", "2", "[b]"));
}

TEST(AddedTokens, SpaceIsNotScannedAgainForEachToken) {
  std::vector<AddedToken> tokens = {{.id = 1, .content = " ", .rstrip = true},
                                    {.id = 2, .content = "\t", .lstrip = true}};
  std::string text;
  while (text.size() < 400000) text += " \t";
  EXPECT_GE(split(tokens, text).size(), text.size());
}

TEST(AddedTokens, NormalizedOnesAreLookedForApart) {
  std::vector<AddedToken> tokens = {{.id = 1, .content = "raw"},
                                    {.id = 2, .content = "norm", .normalized = true}};
  EXPECT_THAT(split(tokens, "raw norm"), ElementsAre("1", "[ norm]"));
  EXPECT_THAT(split(tokens, "raw norm", true), ElementsAre("[raw ]", "2"));
}

}  // namespace
}  // namespace retort
