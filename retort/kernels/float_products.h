// Products of floating-point weights (f32, f16, bf16, f8_e4m3), read in place from row-major memory: vectors
// run along the columns, and every output has one accumulator of its own whose order of additions does not
// depend on the number of rows, columns or threads: batch-invariant by construction.
#pragma once

#include <cstddef>
#include <cstdint>

#include "retort/kernels/isa.h"
#include "retort/tensor/dtype.h"

namespace retort::kernels {

/// The kernels of one floating-point weight type at one level. Null members: not a float type.
struct FloatFormat {
  /// Bytes of one prepared activation row of k columns (padded against cache aliasing; a multiple of 64).
  size_t (*activation_bytes)(int64_t k) noexcept;

  /// Brings one f32 row of k columns into the form `multiply` reads: rounded to BF16 for bf16 and f8_e4m3
  /// weights, as it is for f32 and f16; in the order of the expanded weights. `block_scale`, if not null,
  /// holds ceil(k / 128) factors that multiply the columns of each block of 128 before rounding (f8 weights
  /// with block scales).
  void (*prepare)(const float* x, int64_t k, const float* block_scale, std::byte* out) noexcept;

  /// out[i * ldo + r] = row_scale[r] * sum_j W[r][j] x[i][j] for i in [0, m), r in [0, n_rows). Rows of W are
  /// `row_bytes` apart and may be unaligned; `x` holds m prepared rows, activation_bytes(k) apart.
  /// `row_scale` may be null (all ones). Any k >= 1; reads no byte behind a row of W.
  void (*multiply)(const std::byte* w, int64_t row_bytes, int64_t n_rows, int64_t k, const std::byte* x,
                   int64_t m, const float* row_scale, float* out, int64_t ldo) noexcept;
};

struct FloatProducts {
  FloatFormat formats[kDTypeCount];
};

/// The table of a level; each level's file defines one.
const FloatProducts& float_products(Isa isa);

}  // namespace retort::kernels
