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
/// T = float at every level; T = double in plain code, with which training checks its gradients.
template <typename T>
struct FloatFormatOf {
  /// Bytes of one prepared activation row of k columns (padded against cache aliasing; a multiple of 64).
  size_t (*activation_bytes)(int64_t k) noexcept;

  /// Brings one f32 row of k columns into the form `multiply` reads: rounded to BF16 for bf16 and f8_e4m3
  /// weights, as it is for f32 and f16; in the order of the expanded weights. `block_scale`, if not null,
  /// holds ceil(k / 128) factors that multiply the columns of each block of 128 before rounding (f8 weights
  /// with block scales).
  void (*prepare)(const T* x, int64_t k, const T* block_scale, std::byte* out) noexcept;

  /// out[i * ldo + r] = row_scale[r] * sum_j W[r][j] x[i][j] for i in [0, m), r in [0, n_rows). Rows of W are
  /// `row_bytes` apart and may be unaligned; `x` holds m prepared rows, activation_bytes(k) apart.
  /// `row_scale` may be null (all ones). Any k >= 1; reads no byte behind a row of W.
  void (*multiply)(const std::byte* w, int64_t row_bytes, int64_t n_rows, int64_t k, const std::byte* x,
                   int64_t m, const T* row_scale, T* out, int64_t ldo) noexcept;

  /// out[i * ldo + r] += sum_j W[r][j] x[i][j], all else as for `multiply`: for sums that several products
  /// make up.
  void (*multiply_add)(const std::byte* w, int64_t row_bytes, int64_t n_rows, int64_t k, const std::byte* x,
                       int64_t m, T* out, int64_t ldo) noexcept;

  // Gradients of weights are products along the tokens, for which both sides are transposed on the way. Null
  // for formats in which nothing is trained (f16, f8_e4m3).

  /// Prepares n columns of x, whose k rows are `ldx` values apart, as activation rows of k columns.
  void (*prepare_columns)(const T* x, int64_t ldx, int64_t k, int64_t n, std::byte* out) noexcept;
  /// Rounds n columns of x likewise to rows of W of k weights, `row_bytes` apart.
  void (*round_columns)(const T* x, int64_t ldx, int64_t k, int64_t n, std::byte* w,
                        int64_t row_bytes) noexcept;
};
using FloatFormat = FloatFormatOf<float>;

struct FloatProducts {
  FloatFormat formats[kDTypeCount];
};

/// The table of a level; each level's file defines one.
const FloatProducts& float_products(Isa isa);
/// f64 weights with f64 activations.
const FloatFormatOf<double>& float_products_f64();

}  // namespace retort::kernels
