#include "retort/eval/statistics/distributions.h"

#include <gtest/gtest.h>

#include <cmath>

namespace retort::eval {
namespace {

TEST(Distributions, QuantilesOfStudentsTAreThoseOfTheTables) {
  const std::pair<double, double> table[] = {{1, 12.7062047362}, {2, 4.3026527299},  {4, 2.7764451052},
                                             {10, 2.2281388520}, {30, 2.0422724563}, {1000, 1.9623390808}};
  for (const auto& [freedom, t] : table) {
    EXPECT_NEAR(student_quantile(0.975, freedom), t, 1e-8 * t) << freedom;
    EXPECT_NEAR(student_quantile(0.025, freedom), -t, 1e-8 * t) << freedom;
    EXPECT_NEAR(student_cdf(t, freedom), 0.975, 1e-9);
  }
  EXPECT_EQ(student_cdf(0, 3), 0.5);
}

TEST(Distributions, TheBinomialsTailIsTheSumOfItsTerms) {
  EXPECT_NEAR(binomial_cdf(2, 10, 0.5), 56.0 / 1024, 1e-14);
  EXPECT_NEAR(binomial_cdf(5, 30, 0.3), 0.0765948, 1e-6);
  for (int64_t n : {1, 7, 40})
    for (double p : {0.1, 0.5, 0.85}) {
      double sum = 0;
      for (int64_t k = 0; k < n; ++k) {
        const double choose =
            std::exp(std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0));
        sum += choose * std::pow(p, static_cast<double>(k)) * std::pow(1 - p, static_cast<double>(n - k));
        EXPECT_NEAR(binomial_cdf(k, n, p), sum, 1e-11) << n << " " << k << " " << p;
      }
    }
  EXPECT_EQ(binomial_cdf(-1, 5, 0.5), 0);
  EXPECT_EQ(binomial_cdf(5, 5, 0.5), 1);
}

TEST(Distributions, TheIncompleteBetaFunctionIsSymmetricAndExactWhereItIsSimple) {
  for (double x : {0.01, 0.3, 0.77}) {
    EXPECT_NEAR(incomplete_beta(x, 1, 1), x, 1e-14);
    EXPECT_NEAR(incomplete_beta(x, 3, 1), x * x * x, 1e-14);
    EXPECT_NEAR(incomplete_beta(x, 2.5, 4) + incomplete_beta(1 - x, 4, 2.5), 1, 1e-13);
  }
}

}  // namespace
}  // namespace retort::eval
