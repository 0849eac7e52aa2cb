#include "retort/ops/add.h"

#include <algorithm>

#include "retort/ops/real.h"
#include "retort/ops/row_shares.h"
#include "retort/ops/tape.h"

namespace retort {
namespace {

template <typename T>
void copy(Context& ctx, const Tensor& from, const Tensor& to) {
  ctx.pool.parallel_for(to.shape().elements(), kShareElements, [&](int64_t begin, int64_t end) {
    std::copy(from.as<T>() + begin, from.as<T>() + end, to.as<T>() + begin);
  });
}

/// The gradient of a sum is the gradient of either part.
template <typename T>
void pass(Context& ctx, const Tensor& gradient, const Tensor& part) {
  const Tape::Sink sink = ctx.tape->sink(part);
  sink.empty ? copy<T>(ctx, gradient, sink.gradient) : add_in_place(ctx, gradient, sink.gradient);
}

}  // namespace

void add_in_place(Context& ctx, const Tensor& y, const Tensor& x) {
  RETORT_CHECK(x.dtype() == y.dtype() && x.shape() == y.shape());
  with_real(x.dtype(), [&]<typename T>(T) {
    ctx.pool.parallel_for(x.shape().elements(), kShareElements, [&](int64_t begin, int64_t end) {
      elementwise<T>(ctx).add(y.as<T>() + begin, end - begin, x.as<T>() + begin);
    });
  });
}

Tensor add(Context& ctx, const Tensor& x, const Tensor& y) {
  RETORT_CHECK(x.dtype() == y.dtype() && x.shape() == y.shape());
  Tensor z = ctx.empty(x.shape(), x.dtype());
  with_real(x.dtype(), [&]<typename T>(T) {
    ctx.pool.parallel_for(x.shape().elements(), kShareElements, [&](int64_t begin, int64_t end) {
      std::copy(x.as<T>() + begin, x.as<T>() + end, z.as<T>() + begin);
      elementwise<T>(ctx).add(y.as<T>() + begin, end - begin, z.as<T>() + begin);
    });
  });
  if (ctx.tape) {
    ctx.tape->record(z, [x, y, z](Context& c) {
      const Tensor dz = c.tape->gradient(z);
      with_real(z.dtype(), [&]<typename T>(T) {
        pass<T>(c, dz, x);
        pass<T>(c, dz, y);
      });
    });
  }
  return z;
}

}  // namespace retort
