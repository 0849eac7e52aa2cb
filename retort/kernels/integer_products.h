// Products of quantised weights (q8_0, q4_0, q4_k, q5_k, q6_k) with activations rounded to 8 bits.
//
// Weights are taken in panels of 16 rows, interleaved so that one vector holds the same 4 columns of 16 rows:
// a panel has exactly the bytes of its 16 rows in the file. The same kernel serves 1 column and 512, and the
// floating-point operations of one output are the same in the same order whatever the number of columns,
// rows or threads: a product is batch-invariant by construction.
#pragma once

#include <cstddef>
#include <cstdint>

#include "retort/kernels/isa.h"
#include "retort/tensor/dtype.h"

namespace retort::kernels {

inline constexpr int kPanelRows = 16;
inline constexpr int kActivationGroup = 32;  // values that share a scale

/// m rows of activations at 8 bits: x[i][j] ~ scale[i][j / 32] * q[i][j], q in [-127, 127].
/// `sum` holds the integer sums of 16 consecutive q: what an offset in the weights costs.
struct Q8Activations {
  int8_t* q;       // [m][stride], 64-byte aligned rows
  float* scale;    // [m][k / 32]
  int32_t* sum;    // [m][k / 16]
  int64_t m;       // rows
  int64_t k;       // columns, a multiple of 32
  int64_t stride;  // bytes between rows of q: padded so that rows do not alias in the first-level cache
};

/// Bytes of one buffer that holds all of m rows of k columns, and the struct laid over it.
size_t q8_activation_bytes(int64_t m, int64_t k);
Q8Activations q8_activations_in(std::byte* buffer, int64_t m, int64_t k);

/// The kernels of one integer format at one level. Null members: the format has no integer product.
struct IntegerFormat {
  /// Interleaves n_rows <= 16 rows of k columns, `row_bytes` apart, into one panel of 16 * row_bytes bytes;
  /// missing rows become zeros.
  void (*pack)(const std::byte* rows, int64_t row_bytes, int n_rows, int64_t k, std::byte* panel) noexcept;

  /// out[i * ldo + r] = sum_j W[r][j] x[i][j] for i in [0, x.m), r in [0, n_rows); panels hold ceil(n_rows / 16)
  /// panels of k columns, one behind another. `scratch` has `scratch_bytes(k)` bytes, 64-byte aligned.
  void (*multiply)(const std::byte* panels, int64_t n_rows, const Q8Activations& x, float* out, int64_t ldo,
                   std::byte* scratch) noexcept;
  size_t (*scratch_bytes)(int64_t k) noexcept;
};

struct IntegerProducts {
  /// Rounds rows [begin, end) of x (f32, ldx elements apart) into out: scale = max|x| / 127 per 32 values,
  /// q = nearest(x / scale), ties to even. Values must be finite.
  void (*quantize)(const float* x, int64_t ldx, int64_t begin, int64_t end, const Q8Activations& out) noexcept;
  IntegerFormat formats[kDTypeCount];
};

/// The table of a level; each level's file defines one.
const IntegerProducts& integer_products(Isa isa);

}  // namespace retort::kernels
