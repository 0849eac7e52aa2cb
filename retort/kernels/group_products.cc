// Rounding to E4M3 in plain code, and the table of group products of each level.
#include "retort/kernels/group_products.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "retort/kernels/group_levels.h"

namespace retort::kernels {
namespace {

/// The nearest E4M3, ties to even, of |x| up to 448: adding and taking away 1.5 * 2^20 times the power of two
/// in x leaves the 3 bits behind its first one; below the smallest normal number, 2^-6, steps are those of
/// its binade.
float nearest_e4m3(float x) {
  const uint32_t exponent = std::max(std::bit_cast<uint32_t>(x) & 0x7f800000u, 0x3c800000u);
  const float magic = std::bit_cast<float>(exponent) * 0x1.8p20f;
  return (x + magic) - magic;
}

}  // namespace

float round_to_e4m3(const float* x, int64_t n, float* values) noexcept {
  // Magnitudes order like their bits, with infinities and NaNs on top.
  uint32_t top = 0;
  for (int64_t j = 0; j < n; ++j) top = std::max(top, std::bit_cast<uint32_t>(x[j]) & 0x7fffffffu);
  const float scale = std::bit_cast<float>(top) / kMaxF8E4M3;
  if (top >= 0x7f800000u || !(scale >= std::numeric_limits<float>::min())) {
    std::fill(values, values + n, 0.0f);
    return top >= 0x7f800000u ? std::numeric_limits<float>::quiet_NaN() : 0.0f;
  }
  for (int64_t j = 0; j < n; ++j) values[j] = nearest_e4m3(x[j] / scale);
  return scale;
}

const GroupProducts& group_products(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx2) return group_products_avx2();
  if (isa == Isa::avx512) return group_products_avx512();
  if (isa == Isa::avx512_vnni_bf16) return group_products_avx512_vnni_bf16();
#endif
  static_cast<void>(isa);
  return group_products_scalar();
}

}  // namespace retort::kernels
