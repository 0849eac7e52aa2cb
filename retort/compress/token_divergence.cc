#include "retort/compress/token_divergence.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "retort/base/check.h"

namespace retort::compress {
namespace {

/// log(sum exp(z)), in f64. NaN if a logit is NaN, infinite if one is.
double log_sum_exp(const float* z, int64_t n, float top) {
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += std::exp(static_cast<double>(z[i]) - static_cast<double>(top));
  return static_cast<double>(top) + std::log(sum);
}

std::vector<double> values_of(std::span<const TokenDivergence> tokens, auto member) {
  std::vector<double> out;
  out.reserve(tokens.size());
  for (const TokenDivergence& token : tokens) out.push_back(member(token));
  return out;
}

double root_mean_square(std::span<const double> values) {
  double sum = 0;
  for (double x : values) sum += x * x;
  return std::sqrt(sum / static_cast<double>(values.size()));
}

/// Equal lists correlate perfectly even where they have no spread.
double correlation(std::span<const double> a, std::span<const double> b, double mean_a, double mean_b) {
  if (std::equal(a.begin(), a.end(), b.begin())) return 1;
  double aa = 0, bb = 0, ab = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double x = a[i] - mean_a, y = b[i] - mean_b;
    aa += x * x;
    bb += y * y;
    ab += x * y;
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

Json to_json(const ClusteredMean& mean) {
  return {{"value", mean.value}, {"error", mean.error ? Json(*mean.error) : Json(nullptr)}};
}

}  // namespace

double TokenDivergence::target_change() const {
  return std::exp(-nll_b) - std::exp(-nll_a);
}

TokenDivergence compare_logits(const float* a, const float* b, int64_t n, int32_t target) {
  RETORT_CHECK(target >= 0 && target < n);
  const float* top_a = std::max_element(a, a + n);
  const float* top_b = std::max_element(b, b + n);
  const double lse_a = log_sum_exp(a, n, *top_a), lse_b = log_sum_exp(b, n, *top_b);
  double kl = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double log_p = static_cast<double>(a[i]) - lse_a, log_q = static_cast<double>(b[i]) - lse_b;
    kl += std::exp(log_p) * (log_p - log_q);
  }
  // Below zero only by the rounding of a sum that ought to be zero; NaN stays.
  return {.kl = kl < 0 ? 0 : kl,
          .nll_a = lse_a - static_cast<double>(a[target]),
          .nll_b = lse_b - static_cast<double>(b[target]),
          .same_top = top_a - a == top_b - b};
}

ClusteredMean clustered_mean(std::span<const double> values, std::span<const int32_t> clusters) {
  RETORT_CHECK(!values.empty() && values.size() == clusters.size());
  const auto n = static_cast<double>(values.size());
  ClusteredMean out;
  for (double x : values) out.value += x;
  out.value /= n;
  double sum = 0, squares = 0, count = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    sum += values[i] - out.value;
    if (i + 1 < values.size() && clusters[i + 1] == clusters[i]) continue;
    squares += sum * sum;
    sum = 0;
    ++count;
  }
  if (count > 1) out.error = std::sqrt(count / (count - 1) * squares) / n;
  return out;
}

double quantile_of_sorted(std::span<const double> sorted, double p) {
  RETORT_CHECK(!sorted.empty());
  const double at = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

Divergence summarize(std::span<const TokenDivergence> tokens, std::span<const int32_t> clusters) {
  using T = TokenDivergence;
  std::vector<double> kl = values_of(tokens, [](const T& t) { return t.kl; });
  const std::vector<double> nll_a = values_of(tokens, [](const T& t) { return t.nll_a; });
  const std::vector<double> nll_b = values_of(tokens, [](const T& t) { return t.nll_b; });
  const std::vector<double> change = values_of(tokens, [](const T& t) { return t.target_change(); });
  const auto mean = [&](auto member) { return clustered_mean(values_of(tokens, member), clusters); };

  Divergence out;
  out.tokens = std::ssize(tokens);
  for (size_t i = 0; i < clusters.size(); ++i) out.documents += i == 0 || clusters[i] != clusters[i - 1];
  out.kl = clustered_mean(kl, clusters);
  out.same_top = mean([](const T& t) { return t.same_top ? 1.0 : 0.0; });
  out.nll_a = clustered_mean(nll_a, clusters);
  out.nll_b = clustered_mean(nll_b, clusters);
  out.ln_perplexity_ratio = mean([](const T& t) { return t.nll_b - t.nll_a; });
  out.nll_correlation = correlation(nll_a, nll_b, out.nll_a.value, out.nll_b.value);
  out.target_change = clustered_mean(change, clusters);
  out.target_change_rms = root_mean_square(change);
  std::sort(kl.begin(), kl.end());
  out.kl_median = quantile_of_sorted(kl, 0.5);
  out.kl_p99 = quantile_of_sorted(kl, 0.99);
  out.kl_p999 = quantile_of_sorted(kl, 0.999);
  out.kl_max = kl.back();
  return out;
}

Json to_json(const Divergence& d) {
  return {{"documents", d.documents},
          {"tokens", d.tokens},
          {"kl", to_json(d.kl)},
          {"kl_median", d.kl_median},
          {"kl_p99", d.kl_p99},
          {"kl_p999", d.kl_p999},
          {"kl_max", d.kl_max},
          {"same_top", to_json(d.same_top)},
          {"nll_source", to_json(d.nll_a)},
          {"nll_output", to_json(d.nll_b)},
          {"ln_perplexity_ratio", to_json(d.ln_perplexity_ratio)},
          {"nll_correlation", d.nll_correlation},
          {"target_change", to_json(d.target_change)},
          {"target_change_rms", d.target_change_rms}};
}

}  // namespace retort::compress
