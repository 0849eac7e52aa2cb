#include "retort/eval/statistics/pass_at_k.h"

#include <gtest/gtest.h>

namespace retort::eval {
namespace {

TEST(PassAtK, IsTheShareOfSubsetsWithARightSample) {
  // Subsets of k of n samples, the first c of which are right, counted one by one.
  for (int n = 1; n <= 8; ++n)
    for (int c = 0; c <= n; ++c)
      for (int k = 1; k <= n; ++k) {
        int subsets = 0, any = 0, all = 0;
        for (unsigned set = 0; set < (1u << n); ++set) {
          if (__builtin_popcount(set) != k) continue;
          const int right = __builtin_popcount(set & ((1u << c) - 1));
          ++subsets;
          any += right > 0;
          all += right == k;
        }
        EXPECT_NEAR(pass_at_k(n, c, k), static_cast<double>(any) / subsets, 1e-12);
        EXPECT_NEAR(all_of_k(n, c, k), static_cast<double>(all) / subsets, 1e-12);
      }
}

TEST(PassAtK, OfOneSampleIsTheShareOfRightOnes) {
  EXPECT_NEAR(pass_at_k(200, 37, 1), 37.0 / 200, 1e-12);
  EXPECT_NEAR(pass_at_k(1000, 1, 1000), 1, 1e-12);
}

}  // namespace
}  // namespace retort::eval
