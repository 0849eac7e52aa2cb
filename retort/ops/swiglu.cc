#include "retort/ops/swiglu.h"

#include "retort/ops/row_shares.h"

namespace retort {

Tensor swiglu(Context& ctx, const Tensor& gate, const Tensor& up) {
  RETORT_CHECK(gate.dtype() == DType::f32 && up.dtype() == DType::f32 && gate.shape() == up.shape());
  Tensor y = ctx.empty(gate.shape());
  ctx.pool.parallel_for(y.shape().elements(), kShareElements, [&](int64_t begin, int64_t end) {
    ctx.kernels.elementwise.silu_mul(gate.f32() + begin, up.f32() + begin, end - begin, y.f32() + begin);
  });
  return y;
}

}  // namespace retort
