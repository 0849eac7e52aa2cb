// Rounding and packing for W8A8 in plain code, and the kernel of each level.
#include "retort/kernels/int8_products.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "retort/kernels/int8_levels.h"

namespace retort::kernels {
namespace {

/// Rounds a row group by group; returns the sum of its values.
int32_t quantize_row(const float* x, float scale, int64_t row, const Int8Activations& out) {
  int32_t sum = 0;
  for (int64_t g = 0; g < out.groups(); ++g) {
    int8_t* q = out.at(row, g);
    const int64_t begin = g * kInt8Group, n = std::min<int64_t>(kInt8Group, out.k - begin);
    for (int64_t j = 0; j < n; ++j) {
      // 1.5 * 2^23 leaves the nearest integer, ties to even, in the last bits of the sum.
      q[j] = static_cast<int8_t>(std::bit_cast<uint32_t>(x[begin + j] / scale + 0x1.8p23f) & 0xffu);
      sum += q[j];
    }
    std::fill(q + n, q + kInt8Group, int8_t{0});
  }
  return sum;
}

void zero_row(int64_t row, const Int8Activations& out) {
  for (int64_t g = 0; g < out.groups(); ++g) std::memset(out.at(row, g), 0, kInt8Group);
}

}  // namespace

size_t int8_activation_bytes(int64_t m, int64_t k) {
  return static_cast<size_t>(round_up<int64_t>(m * round_up<int64_t>(k, kInt8Group), 64) +
                             2 * round_up<int64_t>(4 * m, 64));
}

Int8Activations int8_activations_in(std::byte* buffer, int64_t m, int64_t k) {
  std::byte* scale = buffer + round_up<int64_t>(m * round_up<int64_t>(k, kInt8Group), 64);
  std::byte* bias = scale + round_up<int64_t>(4 * m, 64);
  return {reinterpret_cast<int8_t*>(buffer), reinterpret_cast<float*>(scale),
          reinterpret_cast<int32_t*>(bias), m, k};
}

void int8_quantize(const float* x, int64_t ldx, int64_t begin, int64_t end,
                   const Int8Activations& out) noexcept {
  for (int64_t i = begin; i < end; ++i) {
    const float* row = x + i * ldx;
    // Magnitudes order like their bits, with infinities and NaNs on top.
    uint32_t top = 0;
    for (int64_t j = 0; j < out.k; ++j) top = std::max(top, std::bit_cast<uint32_t>(row[j]) & 0x7fffffffu);
    const float scale = std::bit_cast<float>(top) / 127.0f;
    const bool finite = top < 0x7f800000u, normal = scale >= std::numeric_limits<float>::min();
    out.scale[i] = !finite ? std::numeric_limits<float>::quiet_NaN() : normal ? scale : 0.0f;
    out.bias[i] = 0;
    if (finite && normal)
      out.bias[i] = -128 * quantize_row(row, scale, i, out);
    else
      zero_row(i, out);
  }
}

void int8_pack(const std::byte* rows, int64_t row_bytes, int n_rows, int64_t k, std::byte* panel) noexcept {
  constexpr uint32_t kFlip = 0x80808080u;
  for (int64_t j = 0; j < int8_panel_row_bytes(k); j += 4) {
    const size_t n = static_cast<size_t>(std::clamp<int64_t>(k - j, 0, 4));
    for (int r = 0; r < kInt8PanelRows; ++r) {
      uint32_t quad = 0;
      if (r < n_rows) std::memcpy(&quad, rows + r * row_bytes + j, n);
      quad ^= kFlip;
      std::memcpy(panel + kInt8PanelRows * j + 4 * r, &quad, 4);
    }
  }
}

Int8Multiply int8_multiply(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx2) return int8_multiply_avx2;
  if (isa == Isa::avx512) return int8_multiply_avx512;
  if (isa == Isa::avx512_vnni_bf16) return int8_multiply_vnni;
#endif
  static_cast<void>(isa);
  return int8_multiply_scalar;
}

}  // namespace retort::kernels
