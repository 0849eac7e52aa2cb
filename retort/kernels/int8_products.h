// Products of 8-bit integer weights that have one scale per row with activations rounded to 8 bits per row:
// W8A8 as compressed-tensors' int-quantized files mean it.
//
// y[i][r] = row_scale[r] * scale[i] * sum_j W[r][j] q[i][j]. The sum is exact in 32 bits (up to 131072
// columns), so a product is the same bits at every level, for any number of columns, rows and threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "retort/base/arithmetic.h"
#include "retort/kernels/isa.h"

namespace retort::kernels {

inline constexpr int kInt8PanelRows = 16;
inline constexpr int kInt8Group = 32;  // columns that lie together; both sides are padded with zeros to it
inline constexpr int kInt8Block = 8;   // rows of activations that lie together
inline constexpr int64_t kInt8MaxColumns = 131072;  // 2^31 / 128^2

/// m rows of activations, in blocks of 8 rows (the last holds the rest). A block runs group by group: the 32
/// values of each of its rows, then the next group. So a product reads one stream.
struct Int8Activations {
  int8_t* q;      // in [-127, 127]
  float* scale;   // [m]
  int32_t* bias;  // [m]: -128 * sum_j q, what weights stored with a bias of 128 have too much
  int64_t m, k;

  int64_t groups() const { return div_up<int64_t>(k, kInt8Group); }
  int64_t width(int64_t row) const {
    const int64_t left = m - row / kInt8Block * kInt8Block;
    return left < kInt8Block ? left : kInt8Block;
  }
  /// The values of a row's group; the next group is 32 * width further on.
  int8_t* at(int64_t row, int64_t group) const {
    const int64_t first = row / kInt8Block * kInt8Block;
    return q + (first * groups() + group * width(row) + row - first) * kInt8Group;
  }
};

size_t int8_activation_bytes(int64_t m, int64_t k);
Int8Activations int8_activations_in(std::byte* buffer, int64_t m, int64_t k);

/// Rounds rows [begin, end) of x (f32, ldx elements apart): scale = max|x| / 127 per row, q = nearest(x /
/// scale), ties to even. A row with an infinity or a NaN gets the scale NaN; one whose scale is no normal
/// number becomes zeros. Plain code, the same at every level.
void int8_quantize(const float* x, int64_t ldx, int64_t begin, int64_t end,
                   const Int8Activations& out) noexcept;

/// Bytes of one row of a panel: panels are 16 rows, interleaved by 4 bytes, each byte with its sign bit
/// flipped.
constexpr int64_t int8_panel_row_bytes(int64_t k) {
  return round_up<int64_t>(k, kInt8Group);
}
/// Interleaves n_rows <= 16 rows of k bytes, `row_bytes` apart, into one panel; missing rows and columns are
/// zeros.
void int8_pack(const std::byte* rows, int64_t row_bytes, int n_rows, int64_t k, std::byte* panel) noexcept;

/// out[i * ldo + r] for i in [0, x.m), r in [0, n_rows), from ceil(n_rows / 16) panels one behind another.
using Int8Multiply = void (*)(const std::byte* panels, int64_t n_rows, const float* row_scale,
                              const Int8Activations& x, float* out, int64_t ldo) noexcept;

/// The kernel of a level; each level's file defines one.
Int8Multiply int8_multiply(Isa isa);

}  // namespace retort::kernels
