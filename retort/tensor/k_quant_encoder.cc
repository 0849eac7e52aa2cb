// The reference: one group after the other, in plain f32. kernels/block_encoders does the same operations for
// many groups at once, so that a file is the same bits at every instruction level.
//
// A block is searched in three steps. Each group gets the scale (and minimum) of least weighted error over
// several starting scales, each followed by weighted least squares. Then they become integers times the
// block's own f16 scales, and what that rounding lost is won back: neighbouring integers are tried group by
// group, and the block's scales are fitted again to the quanta; twice.
#include "retort/tensor/k_quant_encoder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace retort {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr int kRounds = 2;  // of winning back
// Below this share of its terms a determinant is rounding: all quanta are alike.
constexpr float kSolvable = 1e-5f;

float nearest(float x, float low, float high) {
  return std::nearbyint(std::clamp(x, low, high));
}

/// The nearest finite f16.
float f16_of(float x) {
  return to_f32(to_f16(std::clamp(x, -65504.0f, 65504.0f)));
}

// ---- q4_k, q5_k: w ~ scale q - min ---------------------------------------------------------------

constexpr int kGroup = 32, kGroups = 8;

struct Affine {
  float scale = 0, min = 0;
};

/// Sums over a group, each element weighted: what least squares needs.
struct AffineSums {
  float w = 0, q = 0, qq = 0, x = 0, xq = 0, xx = 0;
};

AffineSums affine_sums(const float* w, const float* u, Affine start, float inverse, float levels) {
  AffineSums s;
  for (int i = 0; i < kGroup; ++i) {
    const float q = nearest((w[i] + start.min) * inverse, 0, levels), uq = u[i] * q, ux = u[i] * w[i];
    s.w += u[i], s.q += uq, s.qq += uq * q, s.x += ux, s.xq += ux * q, s.xx += ux * w[i];
  }
  return s;
}

Affine fit_group(const float* w, const float* u, float levels) {
  float low = 0, high = w[0];
  for (int i = 0; i < kGroup; ++i) low = std::min(low, w[i]), high = std::max(high, w[i]);
  Affine best{0, -low};
  if (!(high > low)) return best;
  const float range = high - low;
  float least = kInfinity;
  for (int step = 0; step <= 20; ++step) {
    const float inverse = (levels + (0.1f * static_cast<float>(step) - 1.0f)) / range;
    const AffineSums s = affine_sums(w, u, {0, -low}, inverse, levels);
    const float determinant = s.w * s.qq - s.q * s.q;
    const bool solvable = determinant > kSolvable * s.w * s.qq;
    float scale = (s.w * s.xq - s.x * s.q) / determinant, min = (s.q * s.xq - s.qq * s.x) / determinant;
    if (!(solvable && min > 0)) scale = s.xq / s.qq, min = 0;
    const float error = s.xx - 2 * scale * s.xq + 2 * min * s.x + scale * scale * s.qq -
                        2 * scale * min * s.q + min * min * s.w;
    if (s.qq > 0 && scale > 0 && error < least) least = error, best = {scale, min};
  }
  return best;
}

/// Integers of a group, of 6 bits.
struct GroupIntegers {
  float scale = 0, min = 0;
};

struct AffineBlock {
  float d = 0, dmin = 0;
  std::array<GroupIntegers, kGroups> groups;
};

float inverse_of(float scale) {
  return scale != 0 ? 1.0f / scale : 0.0f;
}

float group_error(const float* w, const float* u, Affine a, float levels) {
  const float inverse = inverse_of(a.scale);
  float error = 0;
  for (int i = 0; i < kGroup; ++i) {
    const float q = nearest((w[i] + a.min) * inverse, 0, levels);
    const float difference = a.scale * q - a.min - w[i];
    error += u[i] * difference * difference;
  }
  return error;
}

/// The integers next to these whose error is smallest.
GroupIntegers best_neighbour(const float* w, const float* u, const AffineBlock& block, int g, float levels,
                             float& least) {
  const GroupIntegers here = block.groups[static_cast<size_t>(g)];
  GroupIntegers best = here;
  least = kInfinity;
  for (float ds : {0.0f, -1.0f, 1.0f})
    for (float dm : {0.0f, -1.0f, 1.0f}) {
      const GroupIntegers at{std::clamp(here.scale + ds, 0.0f, 63.0f),
                             std::clamp(here.min + dm, 0.0f, 63.0f)};
      const float error = group_error(w, u, {block.d * at.scale, block.dmin * at.min}, levels);
      if (error < least) least = error, best = at;
    }
  return best;
}

float block_error(const float* w, const float* u, const AffineBlock& b, float levels) {
  float error = 0;
  for (int g = 0; g < kGroups; ++g) {
    const GroupIntegers at = b.groups[static_cast<size_t>(g)];
    error += group_error(w + kGroup * g, u + kGroup * g, {b.d * at.scale, b.dmin * at.min}, levels);
  }
  return error;
}

/// d and dmin by least squares over all elements, integers and quanta as they are.
void refit(const float* w, const float* u, AffineBlock& b, float levels) {
  float a = 0, cross = 0, c = 0, x = 0, y = 0;
  for (int g = 0; g < kGroups; ++g) {
    const GroupIntegers at = b.groups[static_cast<size_t>(g)];
    const float scale = b.d * at.scale;
    const AffineSums s =
        affine_sums(w + kGroup * g, u + kGroup * g, {scale, b.dmin * at.min}, inverse_of(scale), levels);
    a += at.scale * at.scale * s.qq, cross += at.scale * at.min * s.q, c += at.min * at.min * s.w;
    x += at.scale * s.xq, y += at.min * s.x;
  }
  const float determinant = a * c - cross * cross;
  if (determinant > kSolvable * a * c) {
    b.d = f16_of((c * x - cross * y) / determinant);
    b.dmin = f16_of((cross * x - a * y) / determinant);
  } else if (a > 0) {
    b.d = f16_of(x / a);
  }
}

AffineBlock search_affine(const float* w, const float* u, float levels) {
  std::array<Affine, kGroups> fits;
  Affine top;
  for (int g = 0; g < kGroups; ++g) {
    fits[static_cast<size_t>(g)] = fit_group(w + kGroup * g, u + kGroup * g, levels);
    top.scale = std::max(top.scale, fits[static_cast<size_t>(g)].scale);
    top.min = std::max(top.min, fits[static_cast<size_t>(g)].min);
  }
  AffineBlock b{f16_of(top.scale / 63.0f), f16_of(top.min / 63.0f), {}};
  const float inverse_d = inverse_of(b.d), inverse_dmin = inverse_of(b.dmin);
  for (int g = 0; g < kGroups; ++g)
    b.groups[static_cast<size_t>(g)] = {nearest(fits[static_cast<size_t>(g)].scale * inverse_d, 0, 63),
                                        nearest(fits[static_cast<size_t>(g)].min * inverse_dmin, 0, 63)};
  for (int round = 0; round < kRounds; ++round) {
    float error = 0;
    std::array<GroupIntegers, kGroups> moved;
    for (int g = 0; g < kGroups; ++g) {
      float least;
      moved[static_cast<size_t>(g)] = best_neighbour(w + kGroup * g, u + kGroup * g, b, g, levels, least);
      error += least;
    }
    b.groups = moved;
    AffineBlock fitted = b;
    refit(w, u, fitted, levels);
    if (fitted.d > 0 && fitted.dmin >= 0 && block_error(w, u, fitted, levels) < error) b = fitted;
  }
  return b;
}

void weigh_affine(const float* w, const float* importance, float* u) {
  for (int g = 0; g < kGroups; ++g) {
    float square = 0;
    for (int i = kGroup * g; i < kGroup * (g + 1); ++i) square += w[i] * w[i];
    const float root = std::sqrt(square / static_cast<float>(kGroup));
    for (int i = kGroup * g; i < kGroup * (g + 1); ++i)
      u[i] = importance != nullptr ? importance[i] : root + std::fabs(w[i]);
  }
}

void pack_scale_min(uint8_t (&scales)[12], int g, int s, int m) {
  if (g < 4) {
    scales[g] |= static_cast<uint8_t>(s);
    scales[g + 4] |= static_cast<uint8_t>(m);
  } else {
    scales[g + 4] = static_cast<uint8_t>((s & 15) | (m & 15) << 4);
    scales[g - 4] |= static_cast<uint8_t>((s >> 4) << 6);
    scales[g] |= static_cast<uint8_t>((m >> 4) << 6);
  }
}

void set_nibble(uint8_t* q, int i, int value) {
  q[32 * (i / 64) + i % 32] |= static_cast<uint8_t>(i % 64 < 32 ? value : value << 4);
}
void set_quantum(BlockQ4_K& b, int i, int value) {
  set_nibble(b.q, i, value);
}
void set_quantum(BlockQ5_K& b, int i, int value) {
  set_nibble(b.q, i, value & 15);
  b.qh[i % 32] |= static_cast<uint8_t>((value >> 4) << (i / 32));
}

template <typename Block>
void encode_affine(const float* w, const float* importance, float levels, Block& out) {
  float u[256];
  weigh_affine(w, importance, u);
  const AffineBlock b = search_affine(w, u, levels);
  out = {};
  out.d = to_f16(b.d);
  out.dmin = to_f16(b.dmin);
  for (int g = 0; g < kGroups; ++g) {
    const GroupIntegers at = b.groups[static_cast<size_t>(g)];
    pack_scale_min(out.scales, g, static_cast<int>(at.scale), static_cast<int>(at.min));
    const float inverse = inverse_of(b.d * at.scale), min = b.dmin * at.min;
    for (int i = kGroup * g; i < kGroup * (g + 1); ++i)
      set_quantum(out, i, static_cast<int>(nearest((w[i] + min) * inverse, 0, levels)));
  }
}

// ---- q6_k: w ~ scale q ---------------------------------------------------------------------------

constexpr int kSmallGroup = 16, kSmallGroups = 16;
constexpr float kLow = -32, kHigh = 31;

struct ScaleSums {
  float xq = 0, qq = 0;
};

ScaleSums scale_sums(const float* w, const float* u, float inverse) {
  ScaleSums s;
  for (int i = 0; i < kSmallGroup; ++i) {
    const float q = nearest(w[i] * inverse, kLow, kHigh), uq = u[i] * q;
    s.xq += uq * w[i], s.qq += uq * q;
  }
  return s;
}

/// The element of largest magnitude, the first of equals. With the size in a variable of its own: clang 19.1
/// at -O2 drops the magnitudes from `if (fabs(x) > fabs(extreme)) extreme = x` when it unrolls the loop.
float extreme_of(const float* x, int n) {
  float extreme = 0, most = 0;
  for (int i = 0; i < n; ++i)
    if (const float size = std::fabs(x[i]); size > most) most = size, extreme = x[i];
  return extreme;
}

float fit_scale(const float* w, const float* u) {
  const float extreme = extreme_of(w, kSmallGroup);
  if (extreme == 0) return 0;
  float best_gain = 0, best = 0;
  for (int step = -9; step <= 9; ++step) {
    const ScaleSums s = scale_sums(w, u, -(32.0f + 0.1f * static_cast<float>(step)) / extreme);
    // The weighted error is constant - xq^2 / qq at the least-squares scale.
    if (s.qq > 0 && s.xq * s.xq > best_gain * s.qq) best_gain = s.xq * s.xq / s.qq, best = s.xq / s.qq;
  }
  return best;
}

struct ScaleBlock {
  float d = 0;
  std::array<float, kSmallGroups> scales{};  // integers of 8 bits
};

float small_group_error(const float* w, const float* u, float scale) {
  const float inverse = inverse_of(scale);
  float error = 0;
  for (int i = 0; i < kSmallGroup; ++i) {
    const float difference = scale * nearest(w[i] * inverse, kLow, kHigh) - w[i];
    error += u[i] * difference * difference;
  }
  return error;
}

float block_error(const float* w, const float* u, const ScaleBlock& b) {
  float error = 0;
  for (int g = 0; g < kSmallGroups; ++g)
    error +=
        small_group_error(w + kSmallGroup * g, u + kSmallGroup * g, b.d * b.scales[static_cast<size_t>(g)]);
  return error;
}

void refit(const float* w, const float* u, ScaleBlock& b) {
  float a = 0, x = 0;
  for (int g = 0; g < kSmallGroups; ++g) {
    const float at = b.scales[static_cast<size_t>(g)];
    const ScaleSums s = scale_sums(w + kSmallGroup * g, u + kSmallGroup * g, inverse_of(b.d * at));
    a += at * at * s.qq, x += at * s.xq;
  }
  if (a > 0) b.d = f16_of(x / a);
}

ScaleBlock search_scales(const float* w, const float* u) {
  ScaleBlock b;
  for (int g = 0; g < kSmallGroups; ++g)
    b.scales[static_cast<size_t>(g)] = fit_scale(w + kSmallGroup * g, u + kSmallGroup * g);
  b.d = f16_of(extreme_of(b.scales.data(), kSmallGroups) / -128.0f);
  const float inverse_d = inverse_of(b.d);
  for (float& scale : b.scales) scale = nearest(scale * inverse_d, -128, 127);
  for (int round = 0; round < kRounds; ++round) {
    float error = 0;
    for (int g = 0; g < kSmallGroups; ++g) {
      float& here = b.scales[static_cast<size_t>(g)];
      float least = kInfinity, best = here;
      for (float by : {0.0f, -1.0f, 1.0f}) {
        const float at = std::clamp(here + by, -128.0f, 127.0f);
        const float e = small_group_error(w + kSmallGroup * g, u + kSmallGroup * g, b.d * at);
        if (e < least) least = e, best = at;
      }
      here = best;
      error += least;
    }
    ScaleBlock fitted = b;
    refit(w, u, fitted);
    if (fitted.d != 0 && block_error(w, u, fitted) < error) b = fitted;
  }
  return b;
}

}  // namespace

void encode_k_block(const float* w, const float* importance, BlockQ4_K& block) {
  encode_affine(w, importance, 15, block);
}
void encode_k_block(const float* w, const float* importance, BlockQ5_K& block) {
  encode_affine(w, importance, 31, block);
}

void encode_k_block(const float* w, const float* importance, BlockQ6_K& block) {
  float u[256];
  for (int i = 0; i < 256; ++i) u[i] = importance != nullptr ? importance[i] : w[i] * w[i];
  const ScaleBlock b = search_scales(w, u);
  block = {};
  block.d = to_f16(b.d);
  for (int g = 0; g < kSmallGroups; ++g) block.sc[g] = static_cast<int8_t>(b.scales[static_cast<size_t>(g)]);
  for (int i = 0; i < 256; ++i) {
    const float inverse = inverse_of(b.d * b.scales[static_cast<size_t>(i / kSmallGroup)]);
    const int q = static_cast<int>(nearest(w[i] * inverse, kLow, kHigh)) + 32;
    const int h = i / 128, k = i % 128 / 32, l = i % 32;
    block.ql[64 * h + 32 * (k & 1) + l] |= static_cast<uint8_t>((q & 15) << (k < 2 ? 0 : 4));
    block.qh[32 * h + l] |= static_cast<uint8_t>((q >> 4) << (2 * k));
  }
}

}  // namespace retort
