#include "retort/eval/statistics/distributions.h"

#include <cmath>

#include "retort/base/check.h"

namespace retort::eval {
namespace {

constexpr double kTiny = 1e-300;
constexpr int kMostTerms = 500;
constexpr double kPrecise = 1e-15;

/// Numerator m of the continued fraction.
double beta_term(int m, double x, double a, double b) {
  const int half = m / 2;
  if (m % 2 == 0) return half * (b - half) * x / ((a + m - 1) * (a + m));
  return -(a + half) * (a + b + half) * x / ((a + m - 1) * (a + m));
}

double away_from_zero(double x) {
  return std::abs(x) < kTiny ? kTiny : x;
}

/// 1 / (1 + d1 / (1 + d2 / (1 + ...))), by Lentz's method.
double beta_fraction(double x, double a, double b) {
  double value = 1, numerator = 1, denominator = 0;
  for (int m = 1; m <= kMostTerms; ++m) {
    const double term = beta_term(m, x, a, b);
    denominator = 1 / away_from_zero(1 + term * denominator);
    numerator = away_from_zero(1 + term / numerator);
    const double factor = numerator * denominator;
    value *= factor;
    if (std::abs(factor - 1) < kPrecise) break;
  }
  return 1 / value;
}

}  // namespace

double incomplete_beta(double x, double a, double b) {
  RETORT_CHECK(a > 0 && b > 0 && x >= 0 && x <= 1);
  if (x == 0 || x == 1) return x;
  // The fraction converges fast below the mean.
  if (x > (a + 1) / (a + b + 2)) return 1 - incomplete_beta(1 - x, b, a);
  const double log_front =
      a * std::log(x) + b * std::log1p(-x) + std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b);
  return std::exp(log_front) / a * beta_fraction(x, a, b);
}

double student_cdf(double t, double freedom) {
  RETORT_CHECK(freedom > 0);
  if (t == 0) return 0.5;
  const double tail = incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2;
  return t > 0 ? 1 - tail : tail;
}

double student_quantile(double p, double freedom) {
  RETORT_CHECK(p > 0 && p < 1);
  double low = -1, high = 1;
  while (student_cdf(low, freedom) > p) low *= 2;
  while (student_cdf(high, freedom) < p) high *= 2;
  for (int i = 0; i < 200 && high - low > 1e-13 * (1 + std::abs(low)); ++i) {
    const double middle = (low + high) / 2;
    (student_cdf(middle, freedom) < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

double binomial_cdf(int64_t k, int64_t n, double p) {
  RETORT_CHECK(n >= 0 && p >= 0 && p <= 1);
  if (k < 0) return 0;
  if (k >= n) return 1;
  return incomplete_beta(1 - p, static_cast<double>(n - k), static_cast<double>(k + 1));
}

}  // namespace retort::eval
