// Products whose weights have a scale per group of columns: 4-bit integers in groups of 32, 64 or 128
// (compressed-tensors' pack-quantized, W4A16), and FP8 in blocks of 128 x 128 beside activations of FP8 in
// groups of 1 x 128 (DeepSeek-V3).
//
// The products of a group are added up first, in f32 and exact to the BF16 of both operands; the sum times
// the scale is added to the output. Every output has one order of additions, whatever the number of rows,
// columns or threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "retort/kernels/isa.h"
#include "retort/tensor/float_formats.h"

namespace retort::kernels {

/// Columns that share a scale of FP8 blocks.
inline constexpr int64_t kF8Block = 128;

/// Rows of 4-bit weights. A row of scales is `int4_scale_stride` long, zeros behind its k / group ones, and
/// kernels read up to kInt4ScalePadding bytes behind the last row.
struct Int4Rows {
  const std::byte* q;  // [n_rows][k / 2] nibbles, the first column lowest, each with 8 added
  const bf16* scales;  // [n_rows][int4_scale_stride(k, group)]
  int group;           // 32, 64 or 128; divides k
};
constexpr int64_t int4_scale_stride(int64_t k, int64_t group) {
  return (k + 127) / 128 * (128 / group);
}
inline constexpr size_t kInt4ScalePadding = 8;

struct Int4Products {
  /// Bytes of one prepared row of activations, a multiple of 64.
  size_t (*activation_bytes)(int64_t k) noexcept;
  /// Rounds a row of k values to BF16, in the order of the unpacked weights.
  void (*prepare)(const float* x, int64_t k, std::byte* out) noexcept;
  /// out[i * ldo + r] = sum_g scale[r][g] sum_j (q[r][j] - 8) x[i][j]; x: m prepared rows, one behind
  /// another.
  void (*multiply)(const Int4Rows& w, int64_t n_rows, int64_t k, const std::byte* x, int64_t m, float* out,
                   int64_t ldo) noexcept;
};

struct F8BlockProducts {
  size_t (*activation_bytes)(int64_t k) noexcept;
  /// As above; for values of E4M3, which BF16 holds.
  void (*prepare)(const float* x, int64_t k, std::byte* out) noexcept;
  /// out[i * ldo + r] = sum_b scales[i][b] sum_j W[r][j] x[i][j] over blocks b of 128 columns, for rows that
  /// all lie in one block of rows: scales[i * ceil(k / 128) + b] is the product of both sides' scales. Any k.
  void (*multiply)(const std::byte* w, int64_t n_rows, int64_t k, const std::byte* x, int64_t m,
                   const float* scales, float* out, int64_t ldo) noexcept;
};

struct GroupProducts {
  Int4Products int4;
  F8BlockProducts f8_blocks;
};

/// The table of a level; each level's file defines one.
const GroupProducts& group_products(Isa isa);

/// Rounds n values to E4M3 under one scale, s = max|x| / 448: values[j] = nearest(x[j] / s), ties to even.
/// Returns s: NaN if a value is infinite or NaN; 0, with zeros, if s is no normal number. Plain code, the
/// same at every level.
float round_to_e4m3(const float* x, int64_t n, float* values) noexcept;

}  // namespace retort::kernels
