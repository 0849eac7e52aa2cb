#include "retort/eval/statistics/estimate.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "retort/base/check.h"
#include "retort/eval/statistics/distributions.h"

namespace retort::eval {
namespace {

constexpr double kZ = 1.959963984540054;  // the normal distribution's 97.5 % quantile

double average(std::span<const double> x) {
  return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

double two_sided_quantile(double freedom) {
  return student_quantile(1 - (1 - kConfidence) / 2, freedom);
}

/// Wilson's interval around the share p of n trials, n not whole and z not the normal's.
Estimate wilson(double p, double n, double z, int64_t items) {
  const double z2 = z * z;
  const double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const double half = z / (1 + z2 / n) * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  // At the ends the exact bounds are 0 and 1; rounding would miss them.
  return {p, p == 0 ? 0 : std::max(0.0, centre - half), p == 1 ? 1 : std::min(1.0, centre + half), items};
}

/// The variance of the mean, from the clusters' sums of deviations; 0 if there are fewer than two clusters.
double cluster_variance(std::span<const double> scores, std::span<const int> clusters, double mean,
                        size_t& n_clusters) {
  std::map<int, double> sums;
  for (size_t i = 0; i < scores.size(); ++i) sums[clusters[i]] += scores[i] - mean;
  n_clusters = sums.size();
  if (n_clusters < 2) return 0;
  double squares = 0;
  for (const auto& [cluster, sum] : sums) squares += sum * sum;
  const auto c = static_cast<double>(n_clusters), n = static_cast<double>(scores.size());
  return c / (c - 1) * squares / (n * n);
}

}  // namespace

std::string percent_text(const Estimate& e) {
  if (e.items == 0) return "n/a";
  return fmt::format("{:.1f} % ({:.1f} to {:.1f})", 100 * e.value, 100 * e.low, 100 * e.high);
}

Estimate proportion(int64_t successes, int64_t trials) {
  RETORT_CHECK(0 <= successes && successes <= trials);
  if (trials == 0) return {};
  const auto n = static_cast<double>(trials);
  return wilson(static_cast<double>(successes) / n, n, kZ, trials);
}

Estimate clustered_share(std::span<const double> scores, std::span<const int> clusters) {
  RETORT_CHECK(scores.size() == clusters.size());
  if (scores.empty()) return {};
  const auto n = static_cast<double>(scores.size());
  const double p = average(scores), independent = p * (1 - p) / n;
  size_t n_clusters = 0;
  const double variance = cluster_variance(scores, clusters, p, n_clusters);
  const auto items = static_cast<int64_t>(scores.size());
  if (variance <= independent || independent == 0) return wilson(p, n, kZ, items);
  return wilson(p, n * independent / variance, two_sided_quantile(static_cast<double>(n_clusters) - 1),
                items);
}

Estimate mean(std::span<const double> x) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const auto items = static_cast<int64_t>(x.size());
  if (x.empty()) return {0, -kInfinity, kInfinity, 0};
  const double m = average(x);
  if (x.size() < 2) return {m, -kInfinity, kInfinity, items};
  const auto n = static_cast<double>(x.size());
  double squares = 0;
  for (double value : x) squares += (value - m) * (value - m);
  const double half = two_sided_quantile(n - 1) * std::sqrt(squares / (n - 1) / n);
  return {m, m - half, m + half, items};
}

}  // namespace retort::eval
