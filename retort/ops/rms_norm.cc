#include "retort/ops/rms_norm.h"

#include "retort/ops/row_shares.h"

namespace retort {

Tensor rms_norm(Context& ctx, const Tensor& x, std::span<const float> w, float eps) {
  const int64_t n = x.columns();
  RETORT_CHECK(x.dtype() == DType::f32 && n == static_cast<int64_t>(w.size()));
  Tensor y = ctx.empty(x.shape());
  ctx.pool.parallel_for(x.rows(), share_rows(n), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      ctx.kernels.elementwise.rms_norm(x.row(i), w.data(), eps, n, y.row(i));
  });
  return y;
}

}  // namespace retort
