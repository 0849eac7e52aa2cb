// Layouts of the quantised blocks as they lie in GGUF files (little-endian, no padding).
// Source: ggml's block definitions as described in the GGUF specification and llama.cpp's documentation of
// its k-quants (pull request 1684). Each w below is one of the block's elements.
#pragma once

#include <cstdint>

#include "retort/tensor/float_formats.h"

namespace retort {

/// w[i] = d * q[i], i in [0, 32).
struct BlockQ8_0 {
  f16 d;
  int8_t q[32];
};

/// w[i] = d * (nibble - 8): the low nibbles of q are elements 0..15, the high ones 16..31.
struct BlockQ4_0 {
  f16 d;
  uint8_t q[16];
};

/// 256 elements in 8 groups of 32: w = d * sc[g] * nibble - dmin * m[g].
/// `scales` packs 8 scales and 8 minimums of 6 bits: for g < 4, sc = scales[g] & 63, m = scales[g + 4] & 63;
/// for g >= 4, sc = (scales[g + 4] & 15) | (scales[g - 4] >> 6) << 4, m = (scales[g + 4] >> 4) | (scales[g]
/// >> 6) << 4. q[32 * j + l], j in [0, 4): the low nibble is element 64 j + l, the high one 64 j + 32 + l.
struct BlockQ4_K {
  f16 d, dmin;
  uint8_t scales[12];
  uint8_t q[128];
};

/// As q4_k with a fifth bit: bit g of qh[l] is the high bit of element 32 g + l.
struct BlockQ5_K {
  f16 d, dmin;
  uint8_t scales[12];
  uint8_t qh[32];
  uint8_t q[128];
};

/// 256 elements in 16 groups of 16: w = d * sc[i / 16] * (q - 32), q of 6 bits.
/// For each half h of 128 elements, l in [0, 32), and quarter k in [0, 4): element 128 h + 32 k + l has low
/// bits from ql[64 h + 32 (k & 1) + l] (low nibble for k < 2, else high) and high bits (qh[32 h + l] >> 2 k)
/// & 3.
struct BlockQ6_K {
  uint8_t ql[128];
  uint8_t qh[64];
  int8_t sc[16];
  f16 d;
};

static_assert(sizeof(BlockQ8_0) == 34 && sizeof(BlockQ4_0) == 18 && sizeof(BlockQ4_K) == 144 &&
              sizeof(BlockQ5_K) == 176 && sizeof(BlockQ6_K) == 210);

/// The scale and minimum of group g of a q4_k or q5_k block.
struct ScaleMin {
  uint8_t scale, min;
};
inline ScaleMin k_scale_min(const uint8_t (&scales)[12], int g) {
  if (g < 4) return {static_cast<uint8_t>(scales[g] & 63), static_cast<uint8_t>(scales[g + 4] & 63)};
  return {static_cast<uint8_t>((scales[g + 4] & 15) | (scales[g - 4] >> 6) << 4),
          static_cast<uint8_t>((scales[g + 4] >> 4) | (scales[g] >> 6) << 4)};
}

}  // namespace retort
