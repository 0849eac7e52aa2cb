#include "retort/ops/moe_routing.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "retort/ops/gradient_target.h"
#include "retort/ops/real.h"
#include "retort/ops/row_shares.h"

namespace retort {
namespace {

/// Writes the indices of the k largest of n values, largest first, equal ones by index.
template <typename T>
void top_k_indices(const T* x, int64_t n, int64_t k, int32_t* out) {
  auto rank = [x](int64_t i) { return std::isnan(x[i]) ? -std::numeric_limits<T>::infinity() : x[i]; };
  int64_t kept = 0;
  for (int64_t i = 0; i < n; ++i) {
    if (kept == k && !(rank(i) > rank(out[k - 1]))) continue;
    int64_t at = kept < k ? kept++ : k - 1;
    for (; at > 0 && rank(i) > rank(out[at - 1]); --at) out[at] = out[at - 1];
    out[at] = static_cast<int32_t>(i);
  }
}

template <typename T>
void route_token(const Context& ctx, const T* logits, int64_t token, const MoeRouting& routing) {
  const int64_t n = routing.n_experts, k = routing.top_k;
  T* p = routing.probabilities.row_as<T>(token);
  std::copy_n(logits, n, p);
  elementwise<T>(ctx).softmax(p, n);
  int32_t* experts = routing.experts.data() + token * k;
  top_k_indices(logits, n, k, experts);
  T* weights = routing.weights.row_as<T>(token);
  T sum = 0;
  for (int64_t r = 0; r < k; ++r) sum += p[experts[r]];
  for (int64_t r = 0; r < k; ++r) weights[r] = p[experts[r]] / sum;
}

/// The weights are the softmax of the chosen logits alone, the probabilities that of all: either way
/// dz_i = y_i (dy_i - sum_j y_j dy_j).
template <typename T>
void token_backward(const MoeRouting& routing, int64_t token, const T* dweights, const T* dprobabilities,
                    T* dlogits) {
  const int64_t n = routing.n_experts, k = routing.top_k;
  std::fill_n(dlogits, n, T{0});
  if (dprobabilities) {
    const T* p = routing.probabilities.row_as<T>(token);
    const T mean = std::inner_product(p, p + n, dprobabilities, T{0});
    for (int64_t e = 0; e < n; ++e) dlogits[e] = p[e] * (dprobabilities[e] - mean);
  }
  if (dweights) {
    const T* w = routing.weights.row_as<T>(token);
    const int32_t* experts = routing.experts.data() + token * k;
    const T mean = std::inner_product(w, w + k, dweights, T{0});
    for (int64_t r = 0; r < k; ++r) dlogits[experts[r]] += w[r] * (dweights[r] - mean);
  }
}

template <typename T>
void backward(Context& ctx, const MoeRouting& routing, const Tensor& logits) {
  Arena::Mark mark(ctx.arena);
  const Tensor dweights = ctx.tape->gradient(routing.weights);
  const Tensor dprobabilities = ctx.tape->gradient(routing.probabilities);
  const GradientTarget dlogits(ctx, logits);
  ctx.pool.parallel_for(logits.rows(), share_rows(8 * logits.columns()), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      token_backward<T>(routing, i, dweights.bytes() ? dweights.row_as<T>(i) : nullptr,
                        dprobabilities.bytes() ? dprobabilities.row_as<T>(i) : nullptr,
                        dlogits.tensor().row_as<T>(i));
  });
  dlogits.finish(ctx);
}

/// Counting sort of (token, rank) by expert.
void group_by_expert(Context& ctx, MoeRouting& routing) {
  const auto n_experts = static_cast<size_t>(routing.n_experts),
             n_slots = static_cast<size_t>(routing.n_slots());
  std::fill(routing.starts.begin(), routing.starts.end(), 0);
  for (int32_t e : routing.experts) ++routing.starts[static_cast<size_t>(e) + 1];
  for (size_t e = 0; e < n_experts; ++e) routing.starts[e + 1] += routing.starts[e];
  Arena::Mark mark(ctx.arena);
  auto next = ctx.arena.allocate_span<int64_t>(n_experts);
  std::copy_n(routing.starts.begin(), n_experts, next.begin());
  for (size_t i = 0; i < n_slots; ++i) {
    const int64_t slot = next[static_cast<size_t>(routing.experts[i])]++;
    routing.slots[i] = slot;
    routing.tokens[static_cast<size_t>(slot)] = static_cast<int64_t>(i) / routing.top_k;
  }
}

}  // namespace

MoeRouting moe_route(Context& ctx, const Tensor& logits, int64_t top_k) {
  MoeRouting routing;
  routing.n_tokens = logits.rows();
  routing.n_experts = logits.columns();
  routing.top_k = top_k;
  RETORT_CHECK(top_k >= 1 && top_k <= routing.n_experts);
  const auto n_slots = static_cast<size_t>(routing.n_slots());
  routing.probabilities = ctx.empty(logits.shape(), logits.dtype());
  routing.weights = ctx.empty({routing.n_tokens, top_k}, logits.dtype());
  routing.experts = ctx.arena.allocate_span<int32_t>(n_slots);
  routing.starts = ctx.arena.allocate_span<int64_t>(static_cast<size_t>(routing.n_experts) + 1);
  routing.tokens = ctx.arena.allocate_span<int64_t>(n_slots);
  routing.slots = ctx.arena.allocate_span<int64_t>(n_slots);
  with_real(logits.dtype(), [&]<typename T>(T) {
    ctx.pool.parallel_for(routing.n_tokens, share_rows(8 * routing.n_experts),
                          [&](int64_t begin, int64_t end) {
                            for (int64_t i = begin; i < end; ++i)
                              route_token<T>(ctx, logits.row_as<T>(i), i, routing);
                          });
  });
  group_by_expert(ctx, routing);
  if (ctx.tape) {
    const Tensor outputs[] = {routing.weights, routing.probabilities};
    ctx.tape->record(outputs, [routing, logits](Context& c) {
      with_real(logits.dtype(), [&]<typename T>(T) { backward<T>(c, routing, logits); });
    });
  }
  return routing;
}

}  // namespace retort
