#include "retort/ops/embedding.h"

#include "retort/tensor/codec.h"

namespace retort {

Tensor embedding(Context& ctx, const TensorView& table, std::span<const int32_t> tokens) {
  const int64_t n = static_cast<int64_t>(tokens.size()), hidden = table.columns();
  Tensor x = ctx.empty({n, hidden});
  ctx.pool.parallel_for(n, 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      int32_t token = tokens[static_cast<size_t>(i)];
      RETORT_CHECK(token >= 0 && token < table.rows());
      decode_row(table.dtype, table.row(token), x.row(i), hidden);
    }
  });
  return x;
}

}  // namespace retort
