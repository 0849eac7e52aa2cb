#include "retort/ops/rms_norm.h"

#include <algorithm>

#include "retort/base/arithmetic.h"
#include "retort/ops/real.h"
#include "retort/ops/row_shares.h"
#include "retort/ops/tape.h"

namespace retort {
namespace {

/// Rows whose parts of the weight's gradient are summed up by one thread, so that the sum does not depend on
/// the number of threads.
constexpr int64_t kGradientRows = 64;

template <typename T>
void backward(Context& ctx, const Tensor& x, const Tensor& w, double eps, const Tensor& dy) {
  Arena::Mark mark(ctx.arena);
  const int64_t n = x.columns(), parts = div_up(x.rows(), kGradientRows);
  const Tape::Sink dx = ctx.tape->sink(x);
  const Tensor dw = ctx.empty({parts, n}, x.dtype());
  ctx.pool.parallel_for(parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; ++part) {
      std::fill_n(dw.row_as<T>(part), n, T{0});
      const int64_t last = std::min(x.rows(), (part + 1) * kGradientRows);
      for (int64_t i = part * kGradientRows; i < last; ++i)
        elementwise<T>(ctx).rms_norm_backward(x.row_as<T>(i), w.as<T>(), dy.row_as<T>(i), static_cast<T>(eps),
                                              n, !dx.empty, dx.gradient.row_as<T>(i), dw.row_as<T>(part));
    }
  });
  if (auto sum = ctx.tape->parameter(w.bytes()))
    for (int64_t part = 0; part < parts; ++part) elementwise<T>(ctx).add(dw.row_as<T>(part), n, sum->as<T>());
}

}  // namespace

Tensor rms_norm(Context& ctx, const Tensor& x, const Tensor& w, double eps) {
  const int64_t n = x.columns();
  RETORT_CHECK(x.dtype() == w.dtype() && n == w.shape().elements());
  Tensor y = ctx.empty(x.shape(), x.dtype());
  with_real(x.dtype(), [&]<typename T>(T) {
    ctx.pool.parallel_for(x.rows(), share_rows(n), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        elementwise<T>(ctx).rms_norm(x.row_as<T>(i), w.as<T>(), static_cast<T>(eps), n, y.row_as<T>(i));
    });
  });
  if (ctx.tape) {
    ctx.tape->record(y, [x, w, eps, y](Context& c) {
      with_real(x.dtype(), [&]<typename T>(T) { backward<T>(c, x, w, eps, c.tape->gradient(y)); });
    });
  }
  return y;
}

}  // namespace retort
