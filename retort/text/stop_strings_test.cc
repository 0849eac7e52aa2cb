#include "retort/text/stop_strings.h"

#include <gtest/gtest.h>

#include <random>

#include "retort/base/error.h"

namespace retort {
namespace {

TEST(StopMatcher, HoldsBackWhatMayBecomeAStop) {
  StopMatcher matcher({"STOP", "\n\n"});
  EXPECT_EQ(matcher.feed("go ST"), "go ");
  EXPECT_EQ(matcher.feed("ART\n"), "START");
  EXPECT_EQ(matcher.feed("x STO"), "\nx ");
  EXPECT_FALSE(matcher.matched());
  EXPECT_EQ(matcher.feed("P and more"), "");
  EXPECT_EQ(matcher.matched(), 0u);
  EXPECT_EQ(matcher.feed("more"), "");
  EXPECT_EQ(matcher.finish(), "");
}

TEST(StopMatcher, HandsOutTheHeldTextAtTheEnd) {
  StopMatcher matcher({"abc"});
  EXPECT_EQ(matcher.feed("xab"), "x");
  EXPECT_EQ(matcher.finish(), "ab");
}

TEST(StopMatcher, WithoutStopsLetsEverythingPass) {
  StopMatcher matcher({});
  EXPECT_EQ(matcher.feed("anything"), "anything");
}

TEST(StopMatcher, RefusesEmptyAndTooMany) {
  EXPECT_THROW(StopMatcher({"a", ""}), Error);
  EXPECT_THROW(StopMatcher(std::vector<std::string>(257, "a")), Error);
  EXPECT_THROW(StopMatcher({std::string(17 << 10, 'a')}), Error);
}

/// By definition: the first position at which some stop ends, and the longest that ends there.
struct Naive {
  std::string out;
  std::optional<size_t> matched;
};
Naive search(const std::string& text, const std::vector<std::string>& stops) {
  for (size_t end = 1; end <= text.size(); ++end) {
    std::optional<size_t> best;
    for (size_t i = 0; i < stops.size(); ++i) {
      bool ends = std::string_view(text).substr(0, end).ends_with(stops[i]);
      if (ends && (!best || stops[i].size() > stops[*best].size())) best = i;
    }
    if (best) return {text.substr(0, end - stops[*best].size()), best};
  }
  return {text, std::nullopt};
}

TEST(StopMatcher, AgreesWithTheDefinitionWhateverTheChunks) {
  std::mt19937 random(11);
  auto word = [&](uint32_t most) {
    std::string s;
    for (uint32_t n = 1 + random() % most; n > 0; --n) s += static_cast<char>('a' + random() % 2);
    return s;
  };
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::string> stops;
    for (uint32_t n = 1 + random() % 3; n > 0; --n) stops.push_back(word(5));
    std::string text = word(12);
    Naive expected = search(text, stops);
    StopMatcher matcher(stops);
    std::string out;
    for (size_t at = 0; at < text.size();) {
      size_t n = std::min<size_t>(1 + random() % 3, text.size() - at);
      out += matcher.feed(text.substr(at, n));
      at += n;
    }
    out += matcher.finish();
    ASSERT_EQ(out, expected.out) << text;
    ASSERT_EQ(matcher.matched().has_value(), expected.matched.has_value()) << text;
    if (expected.matched) {
      ASSERT_EQ(stops[*matcher.matched()], stops[*expected.matched]);
    }
  }
}

}  // namespace
}  // namespace retort
