#include "retort/eval/statistics/comparison.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "retort/base/check.h"
#include "retort/eval/statistics/distributions.h"

namespace retort::eval {
namespace {

constexpr double kTwoSided = 1 - (1 - kConfidence) / 2;
constexpr double kPowerQuantile = 0.8416212335729143;  // the normal distribution's 80 % quantile
constexpr double kNormalQuantile = 1.959963984540054;  // and its 97.5 %

/// Half the width of the interval of a mean, from sums of deviations that are independent of one another.
double half_width(std::span<const double> sums, double n) {
  const auto c = static_cast<double>(sums.size());
  if (c < 2) return 0;
  const double squares = std::inner_product(sums.begin(), sums.end(), sums.begin(), 0.0);
  return student_quantile(kTwoSided, c - 1) * std::sqrt(c / (c - 1) * squares) / n;
}

std::vector<double> cluster_sums(std::span<const double> deviations, std::span<const int> clusters) {
  std::map<int, double> sums;
  for (size_t i = 0; i < deviations.size(); ++i) sums[clusters[i]] += deviations[i];
  std::vector<double> out;
  for (const auto& [cluster, sum] : sums) out.push_back(sum);
  return out;
}

std::string points(double x) {
  return fmt::format("{:+.1f}", 100 * x);
}

}  // namespace

double mcnemar(int64_t only_a, int64_t only_b) {
  RETORT_CHECK(only_a >= 0 && only_b >= 0);
  return std::min(1.0, 2 * binomial_cdf(std::min(only_a, only_b), only_a + only_b, 0.5));
}

PairedDifference paired_difference(std::span<const double> a, std::span<const double> b,
                                   std::span<const int> clusters) {
  RETORT_CHECK(a.size() == b.size() && (clusters.empty() || clusters.size() == a.size()));
  PairedDifference out;
  out.difference = {0, -1, 1, static_cast<int64_t>(a.size())};
  if (a.empty()) return out;
  std::vector<double> deviations(a.size());
  std::transform(a.begin(), a.end(), b.begin(), deviations.begin(), std::minus<>());
  for (size_t i = 0; i < a.size(); ++i) {
    out.only_a += a[i] >= 1 && b[i] < 1;
    out.only_b += b[i] >= 1 && a[i] < 1;
  }
  out.p = mcnemar(out.only_a, out.only_b);
  const auto n = static_cast<double>(a.size());
  const double mean = std::accumulate(deviations.begin(), deviations.end(), 0.0) / n;
  for (double& d : deviations) d -= mean;
  out.difference.value = mean;
  if (a.size() < 2) return out;
  out.standard_deviation =
      std::sqrt(std::inner_product(deviations.begin(), deviations.end(), deviations.begin(), 0.0) / (n - 1));
  double half = half_width(deviations, n);
  if (!clusters.empty()) half = std::max(half, half_width(cluster_sums(deviations, clusters), n));
  // Without a single difference there is no spread to make an interval of: few items prove little.
  if (out.standard_deviation == 0) half = proportion(0, out.difference.items).high;
  out.difference.low = std::max(-1.0, mean - half);
  out.difference.high = std::min(1.0, mean + half);
  return out;
}

std::vector<double> holm(std::span<const double> p) {
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t i, size_t j) { return p[i] < p[j] || (p[i] == p[j] && i < j); });
  std::vector<double> out(p.size());
  double most = 0;
  for (size_t rank = 0; rank < order.size(); ++rank) {
    most = std::max(most, std::min(1.0, static_cast<double>(p.size() - rank) * p[order[rank]]));
    out[order[rank]] = most;
  }
  return out;
}

std::string_view name(VerdictOnLoss verdict) {
  switch (verdict) {
    case VerdictOnLoss::not_worse:
      return "not shown worse";
    case VerdictOnLoss::worse:
      return "worse";
    case VerdictOnLoss::undecided:
      return "undecided";
  }
  return "";
}

NonInferiority non_inferiority(const PairedDifference& d, double margin) {
  RETORT_CHECK(margin > 0);
  NonInferiority out{.margin = margin};
  const Estimate& e = d.difference;
  if (e.items > 0 && e.low > -margin) {
    out.verdict = VerdictOnLoss::not_worse;
    return out;
  }
  if (e.high < 0) {
    out.verdict = VerdictOnLoss::worse;
    return out;
  }
  const double root = (kNormalQuantile + kPowerQuantile) * d.standard_deviation / margin;
  out.needed_items = static_cast<int64_t>(std::ceil(root * root));
  // Wilson's upper bound of none in n is z^2 / (n + z^2).
  if (d.standard_deviation == 0 && e.items > 0)
    out.needed_items = static_cast<int64_t>(std::ceil(kNormalQuantile * kNormalQuantile * (1 / margin - 1)));
  return out;
}

std::string to_text(const NonInferiority& v, const PairedDifference& d) {
  std::string text =
      fmt::format("{}: {} points ({} to {}), margin {:g}", name(v.verdict), points(d.difference.value),
                  points(d.difference.low), points(d.difference.high), 100 * v.margin);
  if (v.verdict == VerdictOnLoss::undecided && v.needed_items > d.difference.items)
    text += fmt::format("; about {} items would show it", v.needed_items);
  return text;
}

}  // namespace retort::eval
