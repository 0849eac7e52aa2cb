#include "retort/ops/moe_experts.h"

#include <cstring>

#include "retort/ops/row_shares.h"

namespace retort {
namespace {

/// One group for each expert that has slots.
std::span<LinearGroup> groups_of(Context& ctx, const MoeRouting& routing,
                                 std::span<const std::span<const Linear>> matrices) {
  auto groups = ctx.arena.allocate_span<LinearGroup>(static_cast<size_t>(routing.n_experts));
  size_t n = 0;
  for (size_t e = 0; e < groups.size(); ++e) {
    if (routing.starts[e] == routing.starts[e + 1]) continue;
    auto layers = ctx.arena.allocate_span<const Linear*>(matrices.size());
    for (size_t i = 0; i < matrices.size(); ++i) layers[i] = &matrices[i][e];
    groups[n++] = {routing.starts[e], routing.starts[e + 1], layers};
  }
  return groups.first(n);
}

}  // namespace

Tensor moe_dispatch(Context& ctx, const Tensor& x, const MoeRouting& routing) {
  const int64_t n = x.columns();
  RETORT_CHECK(x.dtype() == DType::f32 && x.rows() == routing.n_tokens);
  Tensor y = ctx.empty({routing.n_slots(), n});
  ctx.pool.parallel_for(y.rows(), share_rows(n), [&](int64_t begin, int64_t end) {
    for (int64_t slot = begin; slot < end; ++slot)
      std::memcpy(y.row(slot), x.row(routing.tokens[static_cast<size_t>(slot)]),
                  static_cast<size_t>(n) * sizeof(float));
  });
  return y;
}

void moe_linear(Context& ctx, const Tensor& x, const MoeRouting& routing,
                std::span<const std::span<const Linear>> matrices, std::span<Tensor> y) {
  RETORT_CHECK(x.rows() == routing.n_slots());
  for (const auto& experts : matrices) RETORT_CHECK(experts.size() == static_cast<size_t>(routing.n_experts));
  if (x.rows() == 0) {
    for (size_t i = 0; i < y.size(); ++i) y[i] = ctx.empty({0, matrices[i][0].out_features()});
    return;
  }
  linear(ctx, x, groups_of(ctx, routing, matrices), y);
}

Tensor moe_combine(Context& ctx, const Tensor& y, const MoeRouting& routing) {
  const int64_t n = y.columns(), k = routing.top_k;
  RETORT_CHECK(y.dtype() == DType::f32 && y.rows() == routing.n_slots());
  Tensor out = ctx.empty({routing.n_tokens, n});
  ctx.pool.parallel_for(out.rows(), share_rows(n * k), [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      float* sum = out.row(t);
      const float* weights = routing.weights.row(t);
      const int64_t* slots = routing.slots.data() + t * k;
      const float* largest = y.row(slots[0]);
      for (int64_t j = 0; j < n; ++j) sum[j] = weights[0] * largest[j];
      for (int64_t r = 1; r < k; ++r) {
        const float* row = y.row(slots[r]);
        for (int64_t j = 0; j < n; ++j) sum[j] += weights[r] * row[j];
      }
    }
  });
  return out;
}

}  // namespace retort
