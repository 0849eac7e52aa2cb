#include "retort/ops/embedding.h"

#include <cstring>

#include "retort/ops/real.h"
#include "retort/ops/row_shares.h"
#include "retort/ops/tape.h"
#include "retort/tensor/codec.h"

namespace retort {
namespace {

/// Every thread takes a part of the columns: a row of the table gathers its tokens in their order.
template <typename T>
void backward(Context& ctx, std::span<const int32_t> tokens, const Tensor& dx, const Tensor& dtable) {
  const int64_t n = static_cast<int64_t>(tokens.size());
  constexpr int64_t kLine = 64 / static_cast<int64_t>(sizeof(T));  // threads share no cache line
  ctx.pool.parallel_for(dx.columns(), kLine, [&](int64_t begin, int64_t end) {
    for (int64_t i = 0; i < n; ++i)
      elementwise<T>(ctx).add(dx.row_as<T>(i) + begin, end - begin,
                              dtable.row_as<T>(tokens[static_cast<size_t>(i)]) + begin);
  });
}

void decode(const TensorView& table, int32_t token, const Tensor& x, int64_t row) {
  const std::byte* source = table.row(token);
  if (table.dtype == DType::f64)
    std::memcpy(x.row_as<double>(row), source, static_cast<size_t>(table.row_bytes()));
  else
    decode_row(table.dtype, source, x.row(row), table.columns());
}

}  // namespace

Tensor embedding(Context& ctx, const TensorView& table, std::span<const int32_t> tokens) {
  const int64_t n = static_cast<int64_t>(tokens.size()), hidden = table.columns();
  Tensor x = ctx.empty({n, hidden}, table.dtype == DType::f64 ? DType::f64 : DType::f32);
  ctx.pool.parallel_for(n, 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int32_t token = tokens[static_cast<size_t>(i)];
      RETORT_CHECK(token >= 0 && token < table.rows());
      decode(table, token, x, i);
    }
  });
  if (ctx.tape && ctx.tape->parameter(table.data)) {
    ctx.tape->record(x, [data = table.data, tokens, x](Context& c) {
      const Tensor dtable = *c.tape->parameter(data);
      RETORT_CHECK(dtable.dtype() == x.dtype() && dtable.columns() == x.columns());
      with_real(x.dtype(), [&]<typename T>(T) { backward<T>(c, tokens, c.tape->gradient(x), dtable); });
    });
  }
  return x;
}

}  // namespace retort
