// How far one model's distribution of the next token is from another's: of one token, and over held-out
// texts.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "retort/base/json.h"

namespace retort::compress {

/// At one place of a text: p is the source's distribution, q the other's, both from f32 logits in f64.
struct TokenDivergence {
  double kl = 0;                 // sum p log(p / q), nats
  double nll_a = 0, nll_b = 0;   // -log of the probability of the token that really follows, nats
  bool same_top = false;         // both find the same token likeliest; of equals the first
  double target_change() const;  // q - p of the token that follows
};

/// `a`, `b` [n] logits. NaN or infinite where the logits are not finite.
TokenDivergence compare_logits(const float* a, const float* b, int64_t n, int32_t target);

/// A mean over tokens. Tokens of one document go up and down together, so the error is that of clusters:
///   v = C / (C - 1) / n^2 * sum over documents (sum over its tokens (x_i - mean))^2.
/// Absent of a single document.
struct ClusteredMean {
  double value = 0;
  std::optional<double> error;  // standard error
};

/// `clusters[i]` is the document of token i; equal ones stand together.
ClusteredMean clustered_mean(std::span<const double> values, std::span<const int32_t> clusters);

/// The value below which the share `p` of sorted values lies, between two of them linearly.
double quantile_of_sorted(std::span<const double> sorted, double p);

struct Divergence {
  int64_t documents = 0, tokens = 0;
  ClusteredMean kl;
  double kl_median = 0, kl_p99 = 0, kl_p999 = 0, kl_max = 0;
  ClusteredMean same_top;             // share of tokens
  ClusteredMean nll_a, nll_b;         // nats a token: log of perplexity
  ClusteredMean ln_perplexity_ratio;  // of b to a; the error is that of the tokens' differences
  double nll_correlation = 1;         // Pearson's; 1 of equal values
  ClusteredMean target_change;        // of the following token's probability
  double target_change_rms = 0;
};

/// Of at least one token; `clusters` as above.
Divergence summarize(std::span<const TokenDivergence> tokens, std::span<const int32_t> clusters);

/// Every member; an absent error is null.
Json to_json(const Divergence& divergence);

}  // namespace retort::compress
