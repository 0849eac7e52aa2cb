#include "retort/ops/moe_experts.h"

#include <cstring>
#include <numeric>

#include "retort/ops/gradient_target.h"
#include "retort/ops/real.h"
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

/// out = sum over the ranks of a token of weight * the row of its slot; weights null: all 1.
template <typename T>
void add_slots(const MoeRouting& routing, int64_t token, const T* weights, const Tensor& y, T* out) {
  const int64_t n = y.columns(), k = routing.top_k;
  const int64_t* slots = routing.slots.data() + token * k;
  for (int64_t r = 0; r < k; ++r) {
    const T* row = y.row_as<T>(slots[r]);
    const T weight = weights ? weights[r] : T{1};
    if (r == 0)
      for (int64_t j = 0; j < n; ++j) out[j] = weight * row[j];
    else
      for (int64_t j = 0; j < n; ++j) out[j] += weight * row[j];
  }
}

template <typename T>
void sum_slots(Context& ctx, const MoeRouting& routing, const Tensor* weights, const Tensor& y,
               const Tensor& out) {
  ctx.pool.parallel_for(out.rows(), share_rows(y.columns() * routing.top_k), [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t)
      add_slots<T>(routing, t, weights ? weights->row_as<T>(t) : nullptr, y, out.row_as<T>(t));
  });
}

template <typename T>
void dispatch_backward(Context& ctx, const MoeRouting& routing, const Tensor& x, const Tensor& dy) {
  Arena::Mark mark(ctx.arena);
  const GradientTarget dx(ctx, x);
  sum_slots<T>(ctx, routing, nullptr, dy, dx.tensor());
  dx.finish(ctx);
}

/// dy[slot] = weight * dout[token], dweight = dout[token] . y[slot].
template <typename T>
void combine_backward(Context& ctx, const MoeRouting& routing, const Tensor& y, const Tensor& dout) {
  Arena::Mark mark(ctx.arena);
  const GradientTarget dy(ctx, y), dweights(ctx, routing.weights);
  const int64_t n = y.columns(), k = routing.top_k;
  ctx.pool.parallel_for(dout.rows(), share_rows(n * k), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin * k; i < end * k; ++i) {
      const int64_t slot = routing.slots[static_cast<size_t>(i)];
      const T* sum = dout.row_as<T>(i / k);
      const T weight = routing.weights.as<T>()[i];
      T* row = dy.tensor().row_as<T>(slot);
      for (int64_t j = 0; j < n; ++j) row[j] = weight * sum[j];
      dweights.tensor().as<T>()[i] = std::inner_product(sum, sum + n, y.row_as<T>(slot), T{0});
    }
  });
  dy.finish(ctx);
  dweights.finish(ctx);
}

}  // namespace

Tensor moe_dispatch(Context& ctx, const Tensor& x, const MoeRouting& routing) {
  RETORT_CHECK(x.rows() == routing.n_tokens);
  Tensor y = ctx.empty({routing.n_slots(), x.columns()}, x.dtype());
  const int64_t row_bytes = x.view().row_bytes();
  ctx.pool.parallel_for(y.rows(), share_rows(x.columns()), [&](int64_t begin, int64_t end) {
    for (int64_t slot = begin; slot < end; ++slot)
      std::memcpy(y.bytes() + slot * row_bytes,
                  x.bytes() + routing.tokens[static_cast<size_t>(slot)] * row_bytes,
                  static_cast<size_t>(row_bytes));
  });
  if (ctx.tape) {
    ctx.tape->record(y, [routing, x, y](Context& c) {
      with_real(x.dtype(), [&]<typename T>(T) { dispatch_backward<T>(c, routing, x, c.tape->gradient(y)); });
    });
  }
  return y;
}

void moe_linear(Context& ctx, const Tensor& x, const MoeRouting& routing,
                std::span<const std::span<const Linear>> matrices, std::span<Tensor> y) {
  RETORT_CHECK(x.rows() == routing.n_slots());
  for (const auto& experts : matrices) RETORT_CHECK(experts.size() == static_cast<size_t>(routing.n_experts));
  if (x.rows() == 0) {
    for (size_t i = 0; i < y.size(); ++i) y[i] = ctx.empty({0, matrices[i][0].out_features()}, x.dtype());
    return;
  }
  linear(ctx, x, groups_of(ctx, routing, matrices), y);
}

Tensor moe_combine(Context& ctx, const Tensor& y, const MoeRouting& routing) {
  RETORT_CHECK(y.rows() == routing.n_slots() && y.dtype() == routing.weights.dtype());
  Tensor out = ctx.empty({routing.n_tokens, y.columns()}, y.dtype());
  with_real(y.dtype(), [&]<typename T>(T) { sum_slots<T>(ctx, routing, &routing.weights, y, out); });
  if (ctx.tape) {
    ctx.tape->record(out, [routing, y, out](Context& c) {
      with_real(y.dtype(), [&]<typename T>(T) { combine_backward<T>(c, routing, y, c.tape->gradient(out)); });
    });
  }
  return out;
}

}  // namespace retort
