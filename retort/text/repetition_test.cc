#include "retort/text/repetition.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "retort/base/error.h"

namespace retort {
namespace {

/// Tokens until the detector speaks, and what it says.
std::optional<std::pair<size_t, Repetition>> first_alarm(const std::vector<int32_t>& tokens,
                                                         RepetitionOptions options = {}) {
  RepetitionDetector detector(options);
  for (size_t i = 0; i < tokens.size(); ++i)
    if (auto found = detector.push(tokens[i])) return std::pair{i + 1, *found};
  return std::nullopt;
}

std::vector<int32_t> repeated(uint32_t period, size_t n, int32_t base = 1000) {
  std::vector<int32_t> tokens;
  for (size_t i = 0; i < n; ++i) tokens.push_back(base + static_cast<int32_t>(i % period));
  return tokens;
}

TEST(RepetitionDetector, FindsEveryPeriodAtTheDocumentedLength) {
  for (uint32_t period : {1u, 2u, 7u, 100u, 128u, 129u, 400u, 512u}) {
    auto alarm = first_alarm(repeated(period, 4000));
    ASSERT_TRUE(alarm) << period;
    size_t expected = std::max<size_t>(512, size_t{4} * period);
    EXPECT_EQ(alarm->first, expected) << period;
    EXPECT_EQ(alarm->second.period, period);
    EXPECT_EQ(alarm->second.repeats, expected / period);
  }
}

TEST(RepetitionDetector, LongerBlocksThanItsWindowPass) {
  EXPECT_FALSE(first_alarm(repeated(513, 10'000)));
}

TEST(RepetitionDetector, FindsALoopAfterHonestText) {
  std::mt19937 random(3);
  std::vector<int32_t> tokens;
  for (int i = 0; i < 5000; ++i) tokens.push_back(static_cast<int32_t>(random() % 1000));
  auto loop = repeated(37, 600, 5000);
  tokens.insert(tokens.end(), loop.begin(), loop.end());
  auto alarm = first_alarm(tokens);
  ASSERT_TRUE(alarm);
  EXPECT_EQ(alarm->first, 5000u + 512u);
  EXPECT_EQ(alarm->second.period, 37u);
}

TEST(RepetitionDetector, EnumerationsAndTablesDoNotTrigger) {
  std::vector<int32_t> enumeration;  // "Step <n>: the next value is <m>\n"
  for (int32_t i = 0; i < 3000; ++i)
    for (int32_t token : {1, 10'000 + i, 2, 3, 4, 5, 6, 20'000 + i * 7, 8}) enumeration.push_back(token);
  EXPECT_FALSE(first_alarm(enumeration));
  std::vector<int32_t> zeros;  // a 15 x 15 matrix of zeros with separators
  for (int row = 0; row < 15; ++row) {
    for (int column = 0; column < 15; ++column) zeros.insert(zeros.end(), {48, 32});
    zeros.push_back(10);
  }
  EXPECT_FALSE(first_alarm(zeros));
  EXPECT_FALSE(first_alarm(repeated(1, 500)));    // 10^500 digit by digit
  EXPECT_FALSE(first_alarm(repeated(150, 450)));  // a paragraph three times
}

TEST(RepetitionDetector, AgreesWithTheDefinition) {
  RepetitionOptions options{.max_period = 6, .min_repeats = 3, .min_tokens = 8};
  std::mt19937 random(5);
  for (int round = 0; round < 3000; ++round) {
    RepetitionDetector detector(options);
    std::vector<int32_t> seen;
    for (int i = 0; i < 40; ++i) {
      seen.push_back(random() % 8 == 0 || seen.size() < 3 ? static_cast<int32_t>(random() % 2)
                                                          : seen[seen.size() - 3]);
      auto found = detector.push(seen.back());
      uint32_t expected = 0;
      for (uint32_t p = options.max_period; p >= 1; --p) {
        size_t need = std::max<size_t>(size_t{3} * p, 8);
        bool periodic = seen.size() >= need;
        for (size_t k = seen.size() - std::min(need, seen.size()) + p; periodic && k < seen.size(); ++k)
          periodic = seen[k] == seen[k - p];
        if (periodic) expected = p;
      }
      ASSERT_EQ(found ? found->period : 0, expected);
    }
  }
}

TEST(RepetitionDetector, ForgetsOnReset) {
  RepetitionDetector detector;
  for (int32_t token : repeated(1, 511)) ASSERT_FALSE(detector.push(token));
  detector.reset();
  EXPECT_FALSE(detector.push(1000));
}

TEST(RepetitionDetector, RefusesOptionsThatMeanNothing) {
  EXPECT_THROW(RepetitionDetector({.max_period = 0}), Error);
  EXPECT_THROW(RepetitionDetector({.min_repeats = 1}), Error);
}

}  // namespace
}  // namespace retort
