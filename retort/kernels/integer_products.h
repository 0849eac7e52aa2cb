// Products of quantised weights (q8_0, q4_0, q4_k, q5_k, q6_k) with activations rounded to 8 bits.
//
// Weights are taken in panels of 16 rows, interleaved so that one vector holds the same 4 columns of 16 rows:
// a panel has exactly the bytes of its 16 rows in the file. The same kernel serves 1 column and 512, and the
// floating-point operations of one output are the same in the same order whatever the number of columns,
// rows or threads, and whatever the level: a product is batch-invariant by construction.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "retort/kernels/isa.h"
#include "retort/tensor/dtype.h"

namespace retort::kernels {

inline constexpr int kPanelRows = 16;
inline constexpr int kActivationGroup = 32;  // values that share a scale
inline constexpr int kActivationBlock = 8;   // rows of activations that lie together

/// m rows of activations at 8 bits: x[i][j] ~ scale * q, scale per 32 values, q in [-127, 127].
///
/// Rows lie in blocks of 8 (the last block holds the rest), and a block runs group by group: the 32 values of
/// each of its rows, then the next group. So a product reads one stream and no two rows alias in a cache.
/// What belongs to row i and group g has index at(i, g) in units of its array.
struct Q8Activations {
  int8_t* q;          // 32 per (row, group)
  float* scale;       // 1 per (row, group)
  float* offset;      // 1: -scale * sum(q), what a minimum of 1 in the weights adds
  int32_t* bias_8;    // 1: -8 * sum(q), what weights stored with a bias of 8 have too much
  int32_t* bias_128;  // 1: -128 * sum(q)
  int32_t* bias_32;   // 2: -32 * the sum of each half of q; at bias_32_at
  int64_t m;          // rows
  int64_t k;          // columns, a multiple of 32

  int64_t groups() const { return k / kActivationGroup; }
  /// Rows of the block that begins at row `first`, a multiple of 8.
  int64_t width(int64_t first) const { return std::min<int64_t>(kActivationBlock, m - first); }
  int64_t at(int64_t row, int64_t group) const {
    int64_t first = row / kActivationBlock * kActivationBlock;
    return first * groups() + group * width(first) + row - first;
  }
  /// Half h of a group: the first halves of all rows of a block lie before the second ones.
  int64_t bias_32_at(int64_t row, int64_t group, int h) const {
    int64_t first = row / kActivationBlock * kActivationBlock;
    return 2 * first * groups() + (2 * group + h) * width(first) + row - first;
  }
};

/// Bytes of one buffer that holds all of m rows of k columns, and the struct laid over it.
size_t q8_activation_bytes(int64_t m, int64_t k);
Q8Activations q8_activations_in(std::byte* buffer, int64_t m, int64_t k);

/// The kernels of one integer format at one level. Null members: the format has no integer product.
struct IntegerFormat {
  /// Interleaves n_rows <= 16 rows of k columns, `row_bytes` apart, into one panel of 16 * row_bytes bytes;
  /// missing rows become zeros.
  void (*pack)(const std::byte* rows, int64_t row_bytes, int n_rows, int64_t k, std::byte* panel) noexcept;

  /// out[i * ldo + r] = sum_j W[r][j] x[i][j] for i in [0, x.m), r in [0, n_rows); panels hold ceil(n_rows /
  /// 16) panels of k columns, one behind another. `scratch` has `scratch_bytes(k)` bytes, 64-byte aligned.
  void (*multiply)(const std::byte* panels, int64_t n_rows, const Q8Activations& x, float* out, int64_t ldo,
                   std::byte* scratch) noexcept;
  size_t (*scratch_bytes)(int64_t k) noexcept;
};

struct IntegerProducts {
  /// Rounds rows [begin, end) of x (f32, ldx elements apart) into out: scale = max|x| / 127 per 32 values,
  /// q = nearest(x / scale), ties to even. A group with an infinity or a NaN gets the scale NaN, so that the
  /// products show it; one whose scale is no normal number becomes zeros.
  void (*quantize)(const float* x, int64_t ldx, int64_t begin, int64_t end,
                   const Q8Activations& out) noexcept;
  IntegerFormat formats[kDTypeCount];
};

/// The table of a level; each level's file defines one.
const IntegerProducts& integer_products(Isa isa);

}  // namespace retort::kernels
