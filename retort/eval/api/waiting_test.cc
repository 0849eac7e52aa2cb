// When to try again, and when to send.
#include <gtest/gtest.h>

#include <cmath>

#include "retort/eval/api/fault.h"
#include "retort/eval/api/rate_limiter.h"

namespace retort::eval {
namespace {

TEST(RetryAfter, IsSecondsOrADate) {
  EXPECT_EQ(parse_retry_after("7", 0), 7);
  EXPECT_EQ(parse_retry_after("0.5", 0), 0.5);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", 784111777 - 30), 30);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", 784111777 + 30), 0);
  EXPECT_EQ(parse_retry_after("-3", 0), 0);
  for (const char* bad :
       {"", "soon", "7 s", "nan", "inf", "1e999", "Sun, 06 Nov 1994 08:49:37", "Sun, 99 Nov 1994"})
    EXPECT_EQ(parse_retry_after(bad, 0), std::nullopt) << bad;
}

TEST(Backoff, DoublesWithinBoundsAndIsSpread) {
  for (int n = 0; n < 40; ++n)
    for (uint64_t seed = 0; seed < 20; ++seed) {
      const double wait = wait_before_retry(n, 1, std::nullopt, seed), whole = std::min(60.0, std::exp2(n));
      EXPECT_GE(wait, whole / 2);
      EXPECT_LE(wait, whole);
    }
  EXPECT_NE(wait_before_retry(3, 1, std::nullopt, 1), wait_before_retry(3, 1, std::nullopt, 2));
  EXPECT_EQ(wait_before_retry(3, 1, std::nullopt, 1), wait_before_retry(3, 1, std::nullopt, 1));
  EXPECT_EQ(wait_before_retry(0, 1, 20, 1), 20);
}

TEST(RateLimiter, WithoutRatesLetsEverythingThrough) {
  RateLimiter limiter(std::nullopt, std::nullopt);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(limiter.reserve(5, 1e9), 5);
}

TEST(RateLimiter, SpacesRequests) {
  RateLimiter limiter(60, std::nullopt);
  EXPECT_EQ(limiter.reserve(10, 0), 10);
  EXPECT_EQ(limiter.reserve(10, 0), 11);
  EXPECT_EQ(limiter.reserve(10.5, 0), 12);
  EXPECT_EQ(limiter.reserve(100, 0), 100);
}

TEST(RateLimiter, SpacesTokensByWhatWasUsedInTheEnd) {
  RateLimiter limiter(std::nullopt, 6000);  // 100 a second
  EXPECT_EQ(limiter.reserve(0, 1000), 0);
  EXPECT_EQ(limiter.reserve(0, 500), 10);
  limiter.settle(500, 100);
  EXPECT_EQ(limiter.reserve(0, 0), 11);
}

TEST(RateLimiter, HoldsEverybodyWhenTheServerAsks) {
  RateLimiter limiter(std::nullopt, std::nullopt);
  limiter.hold(30);
  limiter.hold(20);
  EXPECT_EQ(limiter.reserve(10, 0), 30);
  EXPECT_EQ(limiter.reserve(40, 0), 40);
}

}  // namespace
}  // namespace retort::eval
