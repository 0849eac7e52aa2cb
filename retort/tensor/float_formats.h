// Scalar conversions between f32 and the 16- and 8-bit floats, round to nearest even.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace retort {

/// bfloat16: the high half of an f32.
struct bf16 {
  uint16_t bits;
};

inline float to_f32(bf16 x) {
  return std::bit_cast<float>(static_cast<uint32_t>(x.bits) << 16);
}

inline bf16 to_bf16(float x) {
  uint32_t u = std::bit_cast<uint32_t>(x);
  if ((u & 0x7fffffffu) > 0x7f800000u) return {static_cast<uint16_t>((u >> 16) | 0x40u)};  // a quiet NaN
  u += 0x7fffu + ((u >> 16) & 1u);
  return {static_cast<uint16_t>(u >> 16)};
}

/// IEEE 754 binary16.
struct f16 {
  uint16_t bits;
};

inline float to_f32(f16 x) {
  uint32_t sign = static_cast<uint32_t>(x.bits & 0x8000u) << 16;
  uint32_t magnitude = x.bits & 0x7fffu;
  if (magnitude >= 0x7c00u) return std::bit_cast<float>(sign | 0x7f800000u | (magnitude & 0x3ffu) << 13);
  // Shifting into an f32 leaves the exponent 112 too small; the product also normalises subnormals.
  float value = std::bit_cast<float>(magnitude << 13) * 0x1.0p112f;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(value) | sign);
}

inline f16 to_f16(float x) {
  uint32_t u = std::bit_cast<uint32_t>(x);
  auto sign = static_cast<uint16_t>((u >> 16) & 0x8000u);
  u &= 0x7fffffffu;
  if (u > 0x7f800000u) return {static_cast<uint16_t>(sign | 0x7e00u)};
  if (u >= 0x477ff000u) return {static_cast<uint16_t>(sign | 0x7c00u)};  // rounds to 65536 or more
  if (u < 0x38800000u) {
    // Subnormal: adding 0.5 puts the last bit of an f16 subnormal at the last bit of the f32.
    float shifted = std::bit_cast<float>(u) + 0.5f;
    return {static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x3f000000u))};
  }
  u += 0xfffu + ((u >> 13) & 1u);
  return {static_cast<uint16_t>(sign | ((u - 0x38000000u) >> 13))};
}

/// FP8 E4M3FN (Micikevicius et al. 2022, "FP8 Formats for Deep Learning"): bias 7, no infinity, NaN = 0x7f.
struct f8_e4m3 {
  uint8_t bits;
};
inline constexpr float kMaxF8E4M3 = 448.0f;

inline float to_f32(f8_e4m3 x) {
  uint32_t sign = static_cast<uint32_t>(x.bits & 0x80u) << 24;
  uint32_t magnitude = x.bits & 0x7fu;
  if (magnitude == 0x7fu) return std::numeric_limits<float>::quiet_NaN();
  float value = std::bit_cast<float>(magnitude << 20) * 0x1.0p120f;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(value) | sign);
}

/// Saturates to +-448; NaN stays NaN.
inline f8_e4m3 to_f8_e4m3(float x) {
  uint32_t u = std::bit_cast<uint32_t>(x);
  auto sign = static_cast<uint8_t>((u >> 24) & 0x80u);
  u &= 0x7fffffffu;
  if (u > 0x7f800000u) return {static_cast<uint8_t>(sign | 0x7fu)};
  float a = std::bit_cast<float>(u);
  if (a >= kMaxF8E4M3) return {static_cast<uint8_t>(sign | 0x7eu)};
  if (a < 0x1.0p-6f)  // subnormal: multiples of 2^-9
    return {static_cast<uint8_t>(sign | static_cast<uint8_t>(std::nearbyintf(a * 0x1.0p9f)))};
  u += 0x7ffffu + ((u >> 20) & 1u);
  return {static_cast<uint8_t>(sign | ((u >> 20) - (120u << 3)))};
}

}  // namespace retort
