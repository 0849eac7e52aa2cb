// Sparse products, the reference: one fused multiplication and addition after the other.
#include <cmath>
#include <cstring>

#include "retort/kernels/sparse_levels.h"
#include "retort/tensor/float_formats.h"

namespace retort::kernels {
namespace {

void accumulate(const std::byte* panel, int64_t column_bytes, int64_t rows, const int32_t* columns,
                const float* values, int64_t n, float* sums) noexcept {
  constexpr int64_t kHalf = kColumnRowGrain / 2;
  for (int64_t t = 0; t < n; ++t) {
    const std::byte* column = panel + columns[t] * column_bytes;
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t line = r / kColumnRowGrain, i = r % kColumnRowGrain;
      bf16 w;
      std::memcpy(&w, column + 64 * line + 4 * (i % kHalf) + 2 * (i / kHalf), sizeof w);
      sums[r] = std::fma(to_f32(w), values[t], sums[r]);
    }
  }
}

constexpr SparseProducts kTable{accumulate};

}  // namespace

const SparseProducts& sparse_products_scalar() {
  return kTable;
}

}  // namespace retort::kernels
