#include "retort/text/pretokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "retort/text/named_pretokenizers.h"

namespace retort {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using Words = std::vector<std::string>;

Words split(const PreTokenizer& pre_tokenizer, std::string text) {
  std::vector<TextSpan> spans;
  pre_tokenizer.split(text, spans);
  Words words;
  for (auto s : spans) words.push_back(text.substr(s.begin, s.end - s.begin));
  return words;
}

Words split(std::vector<PreTokenizerStep> steps, std::string text) {
  return split(PreTokenizer(std::move(steps), "test"), std::move(text));
}

PreTokenizer named(std::string_view name, bool jit = true) {
  return PreTokenizer(steps_of(named_pretokenizer(name, "test")), "test", jit);
}

TEST(PreTokenizer, BehavioursAreThoseOfTheReference) {
  struct Case {
    SplitBehavior behavior;
    Words words;
  };
  // The table of SplitDelimiterBehavior in the documentation of Hugging Face's tokenizers.
  for (auto& [behavior, words] : {
           Case{SplitBehavior::removed, {"the", "final", "countdown"}},
           Case{SplitBehavior::isolated, {"the", "-", "final", "-", "-", "countdown"}},
           Case{SplitBehavior::merged_with_previous, {"the-", "final-", "-", "countdown"}},
           Case{SplitBehavior::merged_with_next, {"the", "-final", "-", "-countdown"}},
           Case{SplitBehavior::contiguous, {"the", "-", "final", "--", "countdown"}},
       })
    EXPECT_EQ(split({{.regex = "-", .behavior = behavior}}, "the-final--countdown"), words);
}

TEST(PreTokenizer, InvertTakesWhatStandsBetween) {
  EXPECT_THAT(split({{.regex = "[a-z]+", .behavior = SplitBehavior::removed, .invert = true}}, "ab, cd."),
              ElementsAre("ab", "cd"));
}

TEST(PreTokenizer, StepsCutThePiecesOfTheLast) {
  EXPECT_THAT(split({{.regex = "\\p{N}{1,3}"}, {.regex = "b"}}, "ab1234"), ElementsAre("a", "b", "123", "4"));
}

TEST(PreTokenizer, AnEmptyMatchSeparates) {
  EXPECT_THAT(split({{.regex = "(?=b)"}}, "abab"), ElementsAre("a", "ba", "b"));
}

TEST(PreTokenizer, PrefixSpaceGoesBeforeEveryPieceWithoutOne) {
  auto prefix = PreTokenizerStep{.kind = PreTokenizerStep::Kind::prefix_space};
  EXPECT_THAT(split({prefix}, "hello"), ElementsAre(" hello"));
  EXPECT_THAT(split({prefix}, " hello"), ElementsAre(" hello"));
  EXPECT_THAT(split({prefix}, ""), ElementsAre());
  EXPECT_THAT(split({{.regex = "-"}, prefix}, "a-b"), ElementsAre(" a", " -", " b"));
}

TEST(PreTokenizer, FamiliesDifferInTheirDigits) {
  EXPECT_THAT(split(named("qwen2"), "I'm 1234.\n\n  ok"),
              ElementsAre("I", "'m", " ", "1", "2", "3", "4", ".\n\n", " ", " ok"));
  EXPECT_THAT(split(named("llama-bpe"), "I'M 1234"), ElementsAre("I", "'M", " ", "123", "4"));
  EXPECT_THAT(split(named("deepseek-v3"), "中文かな12345 ok"), ElementsAre("中文かな", "123", "45", " ok"));
  EXPECT_THAT(split(named("gpt-2"), "I'm 1234  x"), ElementsAre("I", "'m", " 1234", " ", " x"));
  EXPECT_THAT(split(named("deepseek-llm"), "Äb c! 中文12\n"),
              ElementsAre("Ä", "b", " c", "!", " ", "中文", "12", "\n"));
  EXPECT_THAT(split(named("default"), "a+b 12345"), ElementsAre("a", "+", "b", " ", "123", "45"));
}

TEST(PreTokenizer, NamesAreFoundAgain) {
  for (auto& row : named_pretokenizers())
    EXPECT_EQ(steps_of(row), steps_of(named_pretokenizer(name_of(steps_of(row)), "")));
  EXPECT_EQ(name_of({}), "custom");
}

/// Whatever the text, its words put together are the text.
void expect_whole(std::string_view name, const std::string& text, bool jit) {
  std::string joined;
  for (auto& word : split(named(name, jit), text)) joined += word;
  EXPECT_TRUE(joined == text) << name << " jit " << jit << " " << text.substr(0, 4);
}

TEST(PreTokenizer, HostileTextsNeitherHangNorOverflow) {
  std::string marks;
  while (marks.size() < 1000000) marks += "\u0301";
  for (auto& text : {std::string(43000, 'A'), std::string(1000000, ' '), std::string(1000000, '7'), marks,
                     std::string(1000000, '\n'), std::string(1000000, ' ') + "x"}) {
    for (auto name : {"qwen2", "llama-bpe", "deepseek-v3", "deepseek-llm", "gpt-2", "default"})
      expect_whole(name, text, /*jit=*/true);
    expect_whole("qwen2", text, /*jit=*/false);
  }
}

}  // namespace
}  // namespace retort
