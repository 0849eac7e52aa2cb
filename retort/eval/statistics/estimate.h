// Means of scores with 95 % intervals. Scores are of items: several samples of one item are averaged first,
// since they are not independent (Miller 2024, arXiv 2411.00640).
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace retort::eval {

inline constexpr double kConfidence = 0.95;

struct Estimate {
  double value = 0;
  double low = 0, high = 1;  // of the 95 % interval
  int64_t items = 0;
};

/// "87.5 % (84.9 to 89.7)", "n/a" of no items.
std::string percent_text(const Estimate& estimate);

/// The share of successes, with Wilson's score interval (JASA 22, 1927).
Estimate proportion(int64_t successes, int64_t trials);

/// The mean of scores in [0, 1]. Items of one cluster (one template of wording) may go right and wrong
/// together: the interval is Wilson's at the effective number of items, n s^2 / (n^2 v) with the clusters'
/// variance v of the mean,
///   v = C / (C - 1) / n^2 * sum over clusters (sum over its items (s_i - mean))^2,
/// and the t quantile of C - 1 degrees of freedom in place of the normal's (Korn and Graubard 1998, Survey
/// Methodology 24, with Wilson's interval for the exact one). Never narrower than that of independent items.
/// `clusters` numbers each item's; with fewer than two different ones items count as independent.
Estimate clustered_share(std::span<const double> scores, std::span<const int> clusters);

/// The mean of any figures with Student's interval; [-inf, inf] of fewer than two.
Estimate mean(std::span<const double> values);

}  // namespace retort::eval
