#include "retort/text/think_splitter.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace retort {
namespace {

ThinkDelta split_whole(std::string_view text, bool in_thought) {
  ThinkSplitter splitter(in_thought);
  ThinkDelta all = splitter.feed(text);
  ThinkDelta rest = splitter.finish();
  return {all.reasoning + rest.reasoning, all.content + rest.content};
}

struct Case {
  bool in_thought;
  const char* text;
  const char* reasoning;
  const char* content;
};

constexpr Case kCases[] = {
    {true, "I think.\n</think>\n\nHello", "I think.", "Hello"},
    {true, "\nI think. \n\n</think>Hello\n", "I think.", "Hello\n"},
    {true, "<think>\nagain</think>\n\n\nHello", "again", "\nHello"},
    {true, "\n<think>\nagain</think>x", "again", "x"},
    {true, "</think>Hello", "", "Hello"},
    {true, "\n\n</think>\n\nHello", "", "Hello"},
    {true, "not closed \n", "not closed \n", ""},
    {true, "", "", ""},
    {true, "a < b </thin k></think>c", "a < b </thin k>", "c"},
    {true, "a<think>b</think>c</think>d<think>e", "a<think>b", "c</think>d<think>e"},
    {true, "a</thi", "a</thi", ""},
    {true, "a\n\n b</think>c", "a\n\n b", "c"},
    {true, "  a</think>", "  a", ""},
    {false, "Hello </think> there <think>", "", "Hello </think> there <think>"},
    {false, "<think>\na\n</think>\n\nb", "a", "b"},
    {false, " \n<think>a</think>b", "a", "b"},
    {false, " \n<thin", "", " \n<thin"},
    {false, "\n\nHello", "", "\n\nHello"},
    {false, "  ", "", "  "},
    {false, "<think></think>", "", ""},
    {false, "<think>", "", ""},
    {true, "\xE4\xB8\x96</think>\xE7\x95\x8C", "\xE4\xB8\x96", "\xE7\x95\x8C"},
};

TEST(ThinkSplitter, SplitsThoughtFromAnswer) {
  for (const Case& c : kCases) {
    ThinkDelta got = split_whole(c.text, c.in_thought);
    EXPECT_EQ(got.reasoning, c.reasoning) << c.text;
    EXPECT_EQ(got.content, c.content) << c.text;
  }
}

TEST(ThinkSplitter, GivesTheSameWhateverTheChunks) {
  static constexpr const char* kPieces[] = {"<think>", "</think>", "<", "</", "think>",
                                            "\n",      " ",        "a", "b<", "é"};
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (uint32_t n = random() % 10; n > 0; --n) text += kPieces[random() % std::size(kPieces)];
    bool in_thought = random() % 2;
    ThinkDelta whole = split_whole(text, in_thought);
    ThinkSplitter splitter(in_thought);
    ThinkDelta sum;
    auto add = [&](const ThinkDelta& d) {
      sum.reasoning += d.reasoning;
      sum.content += d.content;
    };
    for (size_t at = 0; at < text.size();) {
      size_t n = std::min<size_t>(random() % 4, text.size() - at);
      add(splitter.feed(std::string_view(text).substr(at, n)));
      at += n;
    }
    add(splitter.finish());
    ASSERT_EQ(sum.reasoning, whole.reasoning) << text;
    ASSERT_EQ(sum.content, whole.content) << text;
  }
}

TEST(ThinkSplitter, HandsOutTextAsSoonAsItIsCertain) {
  ThinkSplitter splitter(true);
  EXPECT_EQ(splitter.feed("step one").reasoning, "step one");
  EXPECT_EQ(splitter.feed(" ").reasoning, "");
  EXPECT_EQ(splitter.feed("two</th").reasoning, " two");
  EXPECT_TRUE(splitter.in_thought());
  ThinkDelta delta = splitter.feed("ink>\nyes");
  EXPECT_EQ(delta.reasoning, "");
  EXPECT_EQ(delta.content, "yes");
  EXPECT_FALSE(splitter.in_thought());
}

}  // namespace
}  // namespace retort
