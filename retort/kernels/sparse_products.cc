// What sparse products share at all levels: which columns count, how they are packed, and the choice of
// table.
#include "retort/kernels/sparse_products.h"

#include <cmath>
#include <cstring>

#include "retort/kernels/sparse_levels.h"
#include "retort/tensor/float_formats.h"

namespace retort::kernels {

const SparseProducts& sparse_products(Isa isa) {
#if defined(__x86_64__)
  if (isa != Isa::scalar) return sparse_products_avx2();
#endif
  static_cast<void>(isa);
  return sparse_products_scalar();
}

int64_t select_columns(const float* x, int64_t k, float threshold, int32_t* columns, float* values,
                       int32_t* starts) noexcept {
  int32_t n = 0;
  for (int64_t j = 0; j < k; ++j) {
    if (j % kColumnSegment == 0) *starts++ = n;
    // No branch: which columns count is as good as random.
    columns[n] = static_cast<int32_t>(j);
    values[n] = to_f32(to_bf16(x[j]));
    n += !(std::abs(x[j]) <= threshold);
  }
  *starts = n;
  return n;
}

void pack_column_lines(const std::byte* const (&rows)[kColumnRowGrain], int64_t begin, int64_t end,
                       std::byte* line, int64_t column_bytes) noexcept {
  constexpr int64_t kTile = 32;  // columns: a cache line of each row
  uint16_t tile[kColumnRowGrain][kTile];
  for (int64_t j = begin; j < end; j += kTile) {
    const int64_t n = end - j < kTile ? end - j : kTile;
    for (int64_t r = 0; r < kColumnRowGrain; ++r) {
      if (rows[r])
        std::memcpy(tile[r], rows[r] + 2 * j, static_cast<size_t>(2 * n));
      else
        std::memset(tile[r], 0, sizeof tile[r]);
    }
    for (int64_t c = 0; c < n; ++c) {
      uint16_t column[kColumnRowGrain];
      for (int64_t i = 0; i < kColumnRowGrain / 2; ++i) {
        column[2 * i] = tile[i][c];
        column[2 * i + 1] = tile[i + kColumnRowGrain / 2][c];
      }
      std::memcpy(line + (j + c) * column_bytes, column, sizeof column);
    }
  }
}

}  // namespace retort::kernels
