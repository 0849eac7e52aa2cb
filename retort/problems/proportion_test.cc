#include "retort/problems/proportion.h"

#include <gtest/gtest.h>

#include <cmath>

namespace retort::problems {
namespace {

// The bounds are the shares p at which the observed one is kZ standard errors of p away: the definition, from
// which the closed form was derived.
TEST(Proportion, WilsonsBoundsSolveTheirEquation) {
  constexpr double kZ = 1.959963984540054;
  for (int64_t n : {1, 2, 7, 100, 1000, 1'000'000})
    for (int64_t k : {n / 7, n / 2, n - n / 5}) {
      if (k == 0 || k == n) continue;
      Proportion observed{k, n};
      Interval bounds = observed.wilson();
      EXPECT_LT(bounds.low, observed.share());
      EXPECT_GT(bounds.high, observed.share());
      for (double p : {bounds.low, bounds.high}) {
        double standard_error = std::sqrt(p * (1 - p) / static_cast<double>(n));
        EXPECT_NEAR(std::abs(observed.share() - p), kZ * standard_error, 1e-9) << k << " of " << n;
      }
    }
}

TEST(Proportion, BoundsAtTheEndsAreExact) {
  EXPECT_EQ((Proportion{0, 50}.wilson().low), 0);
  EXPECT_EQ((Proportion{50, 50}.wilson().high), 1);
  // Without successes the upper bound is z^2 / (n + z^2).
  EXPECT_NEAR((Proportion{0, 50}.wilson().high), 3.841458820694124 / (50 + 3.841458820694124), 1e-12);
  EXPECT_NEAR((Proportion{50, 50}.wilson().low), 50 / (50 + 3.841458820694124), 1e-12);
}

TEST(Proportion, NothingIsKnownOfNoTrials) {
  EXPECT_EQ(Proportion{}.share(), 0);
  EXPECT_EQ(Proportion{}.wilson().low, 0);
  EXPECT_EQ(Proportion{}.wilson().high, 1);
}

TEST(Proportion, CountsAndAdds) {
  Proportion a;
  for (bool right : {true, false, true, true}) a.add(right);
  a += Proportion{1, 4};
  EXPECT_EQ(a.successes, 4);
  EXPECT_EQ(a.trials, 8);
  EXPECT_EQ(to_text(a), "50.0 % (21.5 to 78.5)");
}

}  // namespace
}  // namespace retort::problems
