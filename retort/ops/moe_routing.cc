#include "retort/ops/moe_routing.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "retort/ops/row_shares.h"

namespace retort {
namespace {

/// Writes the indices of the k largest of n values, largest first, equal ones by index.
void top_k_indices(const float* x, int64_t n, int64_t k, int32_t* out) {
  auto rank = [x](int64_t i) { return std::isnan(x[i]) ? -std::numeric_limits<float>::infinity() : x[i]; };
  int64_t kept = 0;
  for (int64_t i = 0; i < n; ++i) {
    if (kept == k && !(rank(i) > rank(out[k - 1]))) continue;
    int64_t at = kept < k ? kept++ : k - 1;
    for (; at > 0 && rank(i) > rank(out[at - 1]); --at) out[at] = out[at - 1];
    out[at] = static_cast<int32_t>(i);
  }
}

void route_token(const Context& ctx, const float* logits, int64_t token, const MoeRouting& routing) {
  const int64_t n = routing.n_experts, k = routing.top_k;
  float* p = routing.probabilities.row(token);
  std::memcpy(p, logits, static_cast<size_t>(n) * sizeof(float));
  ctx.kernels.elementwise.softmax(p, n);
  int32_t* experts = routing.experts.data() + token * k;
  top_k_indices(logits, n, k, experts);
  float* weights = routing.weights.row(token);
  float sum = 0;
  for (int64_t r = 0; r < k; ++r) sum += p[experts[r]];
  for (int64_t r = 0; r < k; ++r) weights[r] = p[experts[r]] / sum;
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
  RETORT_CHECK(logits.dtype() == DType::f32 && top_k >= 1 && top_k <= routing.n_experts);
  const auto n_slots = static_cast<size_t>(routing.n_slots());
  routing.probabilities = ctx.empty(logits.shape());
  routing.weights = ctx.empty({routing.n_tokens, top_k});
  routing.experts = ctx.arena.allocate_span<int32_t>(n_slots);
  routing.starts = ctx.arena.allocate_span<int64_t>(static_cast<size_t>(routing.n_experts) + 1);
  routing.tokens = ctx.arena.allocate_span<int64_t>(n_slots);
  routing.slots = ctx.arena.allocate_span<int64_t>(n_slots);
  ctx.pool.parallel_for(routing.n_tokens, share_rows(8 * routing.n_experts), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) route_token(ctx, logits.row(i), i, routing);
  });
  group_by_expert(ctx, routing);
  return routing;
}

}  // namespace retort
