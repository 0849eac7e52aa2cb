#include "retort/ops/swiglu.h"

#include "retort/ops/gradient_target.h"
#include "retort/ops/real.h"
#include "retort/ops/row_shares.h"

namespace retort {
namespace {

template <typename T>
void backward(Context& ctx, const Tensor& gate, const Tensor& up, const Tensor& dy) {
  Arena::Mark mark(ctx.arena);
  const GradientTarget dgate(ctx, gate), dup(ctx, up);
  ctx.pool.parallel_for(dy.shape().elements(), kShareElements, [&](int64_t begin, int64_t end) {
    elementwise<T>(ctx).silu_mul_backward(gate.as<T>() + begin, up.as<T>() + begin, dy.as<T>() + begin,
                                          end - begin, dgate.tensor().as<T>() + begin,
                                          dup.tensor().as<T>() + begin);
  });
  dgate.finish(ctx);
  dup.finish(ctx);
}

}  // namespace

Tensor swiglu(Context& ctx, const Tensor& gate, const Tensor& up) {
  RETORT_CHECK(gate.dtype() == up.dtype() && gate.shape() == up.shape());
  Tensor y = ctx.empty(gate.shape(), gate.dtype());
  with_real(y.dtype(), [&]<typename T>(T) {
    ctx.pool.parallel_for(y.shape().elements(), kShareElements, [&](int64_t begin, int64_t end) {
      elementwise<T>(ctx).silu_mul(gate.as<T>() + begin, up.as<T>() + begin, end - begin, y.as<T>() + begin);
    });
  });
  if (ctx.tape) {
    ctx.tape->record(y, [gate, up, y](Context& c) {
      with_real(y.dtype(), [&]<typename T>(T) { backward<T>(c, gate, up, c.tape->gradient(y)); });
    });
  }
  return y;
}

}  // namespace retort
