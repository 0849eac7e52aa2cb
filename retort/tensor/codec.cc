// Reference encode and decode: one short pair of functions per format and a table over dtypes.inc.
#include "retort/tensor/codec.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "retort/base/check.h"
#include "retort/tensor/blocks.h"

namespace retort {
namespace {

// ---- floats ------------------------------------------------------------------------------------

template <typename T>
void decode_float(const std::byte* source, float* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    T x;
    std::memcpy(&x, source + i * static_cast<int64_t>(sizeof(T)), sizeof(T));
    out[i] = to_f32(x);
  }
}

template <typename T, T (*round)(float)>
void encode_float(const float* source, std::byte* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    T x = round(source[i]);
    std::memcpy(out + i * static_cast<int64_t>(sizeof(T)), &x, sizeof(T));
  }
}

void decode_f32(const std::byte* source, float* out, int64_t n) {
  std::memcpy(out, source, static_cast<size_t>(n) * 4);
}
void encode_f32(const float* source, std::byte* out, int64_t n) {
  std::memcpy(out, source, static_cast<size_t>(n) * 4);
}

void decode_f64(const std::byte* source, float* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    double x;
    std::memcpy(&x, source + 8 * i, 8);
    out[i] = static_cast<float>(x);
  }
}
void encode_f64(const float* source, std::byte* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const double x = source[i];
    std::memcpy(out + 8 * i, &x, 8);
  }
}

void decode_i32(const std::byte* source, float* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    int32_t x;
    std::memcpy(&x, source + 4 * i, 4);
    out[i] = static_cast<float>(x);
  }
}

void encode_i32(const float* source, std::byte* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    auto x = static_cast<int32_t>(source[i]);
    std::memcpy(out + 4 * i, &x, 4);
  }
}

void decode_i64(const std::byte* source, float* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    int64_t x;
    std::memcpy(&x, source + 8 * i, 8);
    out[i] = static_cast<float>(x);
  }
}

void encode_i64(const float* source, std::byte* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    auto x = static_cast<int64_t>(source[i]);
    std::memcpy(out + 8 * i, &x, 8);
  }
}

void decode_i8(const std::byte* source, float* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) out[i] = static_cast<float>(std::to_integer<int8_t>(source[i]));
}

/// To the nearest, ties to even; saturates.
void encode_i8(const float* source, std::byte* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    out[i] =
        static_cast<std::byte>(static_cast<int8_t>(std::clamp(std::nearbyint(source[i]), -128.0f, 127.0f)));
}

void decode_i4(const std::byte* source, float* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    out[i] = static_cast<float>((std::to_integer<int>(source[i / 2]) >> (i % 2 * 4) & 15) - 8);
}

/// To the nearest, ties to even; saturates.
void encode_i4(const float* source, std::byte* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const int q = static_cast<int>(std::clamp(std::nearbyint(source[i]), -8.0f, 7.0f)) + 8;
    const int other = i % 2 == 0 ? 0 : std::to_integer<int>(out[i / 2]);
    out[i / 2] = static_cast<std::byte>(other | q << (i % 2 * 4));
  }
}

// ---- blocks ------------------------------------------------------------------------------------

int round_int(float x) {
  return static_cast<int>(std::nearbyintf(x));
}

float max_magnitude(const float* x, int n) {
  float m = 0;
  for (int i = 0; i < n; ++i) m = std::max(m, std::fabs(x[i]));
  return m;
}

void decode_block(const BlockQ8_0& b, float* w) {
  for (int i = 0; i < 32; ++i) w[i] = to_f32(b.d) * static_cast<float>(b.q[i]);
}

void encode_block(const float* w, BlockQ8_0& b) {
  float d = max_magnitude(w, 32) / 127.0f;
  float inverse = d > 0 ? 1.0f / d : 0.0f;
  b.d = to_f16(d);
  for (int i = 0; i < 32; ++i) b.q[i] = static_cast<int8_t>(round_int(w[i] * inverse));
}

void decode_block(const BlockQ4_0& b, float* w) {
  for (int i = 0; i < 16; ++i) {
    w[i] = to_f32(b.d) * static_cast<float>((b.q[i] & 15) - 8);
    w[i + 16] = to_f32(b.d) * static_cast<float>((b.q[i] >> 4) - 8);
  }
}

void encode_block(const float* w, BlockQ4_0& b) {
  // The element of largest magnitude maps to -8, so that the longer side of [-8, 7] serves it.
  float extreme = 0;
  for (int i = 0; i < 32; ++i)
    if (std::fabs(w[i]) > std::fabs(extreme)) extreme = w[i];
  float d = extreme / -8.0f;
  float inverse = d != 0 ? 1.0f / d : 0.0f;
  b.d = to_f16(d);
  auto quantum = [&](float x) { return static_cast<uint8_t>(std::clamp(round_int(x * inverse) + 8, 0, 15)); };
  for (int i = 0; i < 16; ++i) b.q[i] = static_cast<uint8_t>(quantum(w[i]) | quantum(w[i + 16]) << 4);
}

/// d * sc and dmin * m of each of the 8 groups of a q4_k or q5_k block.
template <typename Block>
void group_scales(const Block& b, float (&scale)[8], float (&min)[8]) {
  for (int g = 0; g < 8; ++g) {
    auto [s, m] = k_scale_min(b.scales, g);
    scale[g] = to_f32(b.d) * static_cast<float>(s);
    min[g] = to_f32(b.dmin) * static_cast<float>(m);
  }
}

int nibble(const uint8_t* q, int i) {
  int byte = q[32 * (i / 64) + i % 32];
  return i % 64 < 32 ? byte & 15 : byte >> 4;
}

void set_nibble(uint8_t* q, int i, int value) {
  q[32 * (i / 64) + i % 32] |= static_cast<uint8_t>(i % 64 < 32 ? value : value << 4);
}

int quantum(const BlockQ4_K& b, int i) {
  return nibble(b.q, i);
}
int quantum(const BlockQ5_K& b, int i) {
  return nibble(b.q, i) | ((b.qh[i % 32] >> (i / 32)) & 1) << 4;
}
void set_quantum(BlockQ4_K& b, int i, int value) {
  set_nibble(b.q, i, value);
}
void set_quantum(BlockQ5_K& b, int i, int value) {
  set_nibble(b.q, i, value & 15);
  b.qh[i % 32] |= static_cast<uint8_t>((value >> 4) << (i / 32));
}

template <typename Block>
void decode_k_block(const Block& b, float* w) {
  float scale[8], min[8];
  group_scales(b, scale, min);
  for (int i = 0; i < 256; ++i) w[i] = scale[i / 32] * static_cast<float>(quantum(b, i)) - min[i / 32];
}
void decode_block(const BlockQ4_K& b, float* w) {
  decode_k_block(b, w);
}
void decode_block(const BlockQ5_K& b, float* w) {
  decode_k_block(b, w);
}

/// The scale and minimum (both >= 0) of w ~ scale * q - min, q in [0, levels], by alternating rounding and
/// weighted least squares from several starting scales.
void fit_scale_min(const float* w, int n, int levels, float& scale, float& min) {
  float low = std::min(0.0f, *std::min_element(w, w + n)), high = *std::max_element(w, w + n);
  scale = min = 0;
  if (high <= low) {
    min = -low;
    return;
  }
  float mean_square = 0;
  for (int i = 0; i < n; ++i) mean_square += w[i] * w[i] / static_cast<float>(n);
  float root = std::sqrt(mean_square);
  auto weight = [&](float x) { return root + std::fabs(x); };  // large elements matter more

  float best = std::numeric_limits<float>::infinity();
  for (int step = -8; step <= 8; ++step) {
    float s = (high - low) / (static_cast<float>(levels) + 0.1f * static_cast<float>(step)), m = -low;
    for (int round = 0; round < 2; ++round) {
      float sw = 0, sq = 0, sqq = 0, sx = 0, sxq = 0;
      for (int i = 0; i < n; ++i) {
        auto q = static_cast<float>(std::clamp(round_int((w[i] + m) / s), 0, levels));
        float u = weight(w[i]);
        sw += u, sq += u * q, sqq += u * q * q, sx += u * w[i], sxq += u * w[i] * q;
      }
      float determinant = sw * sqq - sq * sq;
      if (determinant <= 0) break;
      float new_s = (sw * sxq - sx * sq) / determinant, new_m = (sq * sxq - sqq * sx) / determinant;
      if (new_m < 0) new_m = 0, new_s = sxq / sqq;
      if (!(new_s > 0)) break;
      s = new_s, m = new_m;
    }
    float error = 0;
    for (int i = 0; i < n; ++i) {
      auto q = static_cast<float>(std::clamp(round_int((w[i] + m) / s), 0, levels));
      float difference = s * q - m - w[i];
      error += weight(w[i]) * difference * difference;
    }
    if (error < best) best = error, scale = s, min = m;
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

template <typename Block>
void encode_k_block(const float* w, Block& b, int levels) {
  b = {};
  float scale[8], min[8];
  for (int g = 0; g < 8; ++g) fit_scale_min(w + 32 * g, 32, levels, scale[g], min[g]);
  float top_scale = *std::max_element(scale, scale + 8), top_min = *std::max_element(min, min + 8);
  b.d = to_f16(top_scale / 63.0f);
  b.dmin = to_f16(top_min / 63.0f);
  auto six_bits = [](float x, float top) {
    return top > 0 ? std::clamp(round_int(63.0f * x / top), 0, 63) : 0;
  };
  for (int g = 0; g < 8; ++g)
    pack_scale_min(b.scales, g, six_bits(scale[g], top_scale), six_bits(min[g], top_min));
  group_scales(b, scale, min);
  for (int i = 0; i < 256; ++i) {
    float s = scale[i / 32];
    set_quantum(b, i, s > 0 ? std::clamp(round_int((w[i] + min[i / 32]) / s), 0, levels) : 0);
  }
}
void encode_block(const float* w, BlockQ4_K& b) {
  encode_k_block(w, b, 15);
}
void encode_block(const float* w, BlockQ5_K& b) {
  encode_k_block(w, b, 31);
}

void decode_block(const BlockQ6_K& b, float* w) {
  for (int i = 0; i < 256; ++i) {
    int h = i / 128, k = i % 128 / 32, l = i % 32;
    int low = b.ql[64 * h + 32 * (k & 1) + l] >> (k < 2 ? 0 : 4) & 15;
    int high = b.qh[32 * h + l] >> (2 * k) & 3;
    w[i] = to_f32(b.d) * static_cast<float>(b.sc[i / 16]) * static_cast<float>((low | high << 4) - 32);
  }
}

/// The scale of w ~ scale * q, q in [-32, 31], by least squares around the scale that fits the extreme.
float fit_scale(const float* w, int n) {
  float extreme = 0;
  for (int i = 0; i < n; ++i)
    if (std::fabs(w[i]) > std::fabs(extreme)) extreme = w[i];
  if (extreme == 0) return 0;
  float best_gain = 0, best_scale = 0;
  for (int step = -9; step <= 9; ++step) {
    float inverse = -(32.0f + 0.1f * static_cast<float>(step)) / extreme;
    float sxq = 0, sqq = 0;
    for (int i = 0; i < n; ++i) {
      auto q = static_cast<float>(std::clamp(round_int(w[i] * inverse), -32, 31));
      float u = w[i] * w[i];
      sxq += u * w[i] * q, sqq += u * q * q;
    }
    // The weighted error is constant - sxq^2 / sqq at the least-squares scale.
    if (sqq > 0 && sxq * sxq > best_gain * sqq) best_gain = sxq * sxq / sqq, best_scale = sxq / sqq;
  }
  return best_scale;
}

void encode_block(const float* w, BlockQ6_K& b) {
  b = {};
  float scale[16], extreme = 0;
  for (int g = 0; g < 16; ++g) {
    scale[g] = fit_scale(w + 16 * g, 16);
    if (std::fabs(scale[g]) > std::fabs(extreme)) extreme = scale[g];
  }
  b.d = to_f16(extreme / -128.0f);
  float d = to_f32(b.d);
  if (d == 0) {
    for (int i = 0; i < 256; ++i) b.sc[i / 16] = 0;
    return;
  }
  for (int g = 0; g < 16; ++g) b.sc[g] = static_cast<int8_t>(std::clamp(round_int(scale[g] / d), -128, 127));
  for (int i = 0; i < 256; ++i) {
    float s = d * static_cast<float>(b.sc[i / 16]);
    int q = s != 0 ? std::clamp(round_int(w[i] / s), -32, 31) + 32 : 32;
    int h = i / 128, k = i % 128 / 32, l = i % 32;
    b.ql[64 * h + 32 * (k & 1) + l] |= static_cast<uint8_t>((q & 15) << (k < 2 ? 0 : 4));
    b.qh[32 * h + l] |= static_cast<uint8_t>((q >> 4) << (2 * k));
  }
}

template <typename Block, int kSize>
void decode_blocks(const std::byte* source, float* out, int64_t n) {
  for (int64_t i = 0; i < n / kSize; ++i) {
    Block b;
    std::memcpy(&b, source + i * static_cast<int64_t>(sizeof(Block)), sizeof(Block));
    decode_block(b, out + i * kSize);
  }
}

template <typename Block, int kSize>
void encode_blocks(const float* source, std::byte* out, int64_t n) {
  for (int64_t i = 0; i < n / kSize; ++i) {
    Block b;
    encode_block(source + i * kSize, b);
    std::memcpy(out + i * static_cast<int64_t>(sizeof(Block)), &b, sizeof(Block));
  }
}

// ---- the table ---------------------------------------------------------------------------------

struct Codec {
  void (*decode)(const std::byte*, float*, int64_t);
  void (*encode)(const float*, std::byte*, int64_t);
};

constexpr Codec codec_f32{decode_f32, encode_f32}, codec_f64{decode_f64, encode_f64},
    codec_i32{decode_i32, encode_i32}, codec_i64{decode_i64, encode_i64}, codec_i8{decode_i8, encode_i8},
    codec_i4{decode_i4, encode_i4}, codec_f16{decode_float<f16>, encode_float<f16, to_f16>},
    codec_bf16{decode_float<bf16>, encode_float<bf16, to_bf16>},
    codec_f8_e4m3{decode_float<f8_e4m3>, encode_float<f8_e4m3, to_f8_e4m3>},
    codec_q8_0{decode_blocks<BlockQ8_0, 32>, encode_blocks<BlockQ8_0, 32>},
    codec_q4_0{decode_blocks<BlockQ4_0, 32>, encode_blocks<BlockQ4_0, 32>},
    codec_q4_k{decode_blocks<BlockQ4_K, 256>, encode_blocks<BlockQ4_K, 256>},
    codec_q5_k{decode_blocks<BlockQ5_K, 256>, encode_blocks<BlockQ5_K, 256>},
    codec_q6_k{decode_blocks<BlockQ6_K, 256>, encode_blocks<BlockQ6_K, 256>};

constexpr Codec kCodecs[] = {
#define X(id, name, block, bytes, gguf, safetensors) codec_##id,
#include "retort/tensor/dtypes.inc"
#undef X
};

}  // namespace

void decode_row(DType dtype, const std::byte* source, float* out, int64_t n) {
  RETORT_DCHECK(n % info(dtype).block_size == 0);
  kCodecs[static_cast<int>(dtype)].decode(source, out, n);
}

void encode_row(DType dtype, const float* source, std::byte* out, int64_t n) {
  RETORT_DCHECK(n % info(dtype).block_size == 0);
  kCodecs[static_cast<int>(dtype)].encode(source, out, n);
}

}  // namespace retort
