// Reference encode and decode: one short pair of functions per format and a table over dtypes.inc.
#include "retort/tensor/codec.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "retort/base/check.h"
#include "retort/tensor/blocks.h"
#include "retort/tensor/k_quant_encoder.h"
#include "retort/tensor/weighted_codec.h"

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

void encode_block(const float* w, const float*, BlockQ8_0& b) {
  float d = max_magnitude(w, 32) / 127.0f;
  b.d = to_f16(d);
  float inverse = to_f32(b.d) > 0 ? 1.0f / d : 0.0f;
  for (int i = 0; i < 32; ++i) b.q[i] = static_cast<int8_t>(round_int(w[i] * inverse));
}

void decode_block(const BlockQ4_0& b, float* w) {
  for (int i = 0; i < 16; ++i) {
    w[i] = to_f32(b.d) * static_cast<float>((b.q[i] & 15) - 8);
    w[i + 16] = to_f32(b.d) * static_cast<float>((b.q[i] >> 4) - 8);
  }
}

/// The scale of w ~ scale * q, q in [-8, 7], of least weighted error among several around that of the
/// extreme; without importance that one, as the format's own encoder has it.
float q4_0_scale(const float* w, const float* importance, float extreme) {
  const float plain = extreme / -8.0f;
  if (importance == nullptr || extreme == 0) return plain;
  float best_gain = 0, best = plain;
  for (int step = -9; step <= 9; ++step) {
    const float inverse = -(8.0f + 0.1f * static_cast<float>(step)) / extreme;
    float sxq = 0, sqq = 0;
    for (int i = 0; i < 32; ++i) {
      const auto q = static_cast<float>(std::clamp(round_int(w[i] * inverse), -8, 7));
      sxq += importance[i] * w[i] * q, sqq += importance[i] * q * q;
    }
    // The weighted error is constant - sxq^2 / sqq at the least-squares scale.
    if (sqq > 0 && sxq * sxq > best_gain * sqq) best_gain = sxq * sxq / sqq, best = sxq / sqq;
  }
  return best;
}

void encode_block(const float* w, const float* importance, BlockQ4_0& b) {
  // The element of largest magnitude maps to -8, so that the longer side of [-8, 7] serves it.
  float extreme = 0, most = 0;
  for (int i = 0; i < 32; ++i)
    if (const float size = std::fabs(w[i]); size > most) most = size, extreme = w[i];
  float d = q4_0_scale(w, importance, extreme);
  b.d = to_f16(d);
  float inverse = to_f32(b.d) != 0 ? 1.0f / d : 0.0f;
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

int quantum(const BlockQ4_K& b, int i) {
  return nibble(b.q, i);
}
int quantum(const BlockQ5_K& b, int i) {
  return nibble(b.q, i) | ((b.qh[i % 32] >> (i / 32)) & 1) << 4;
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

void decode_block(const BlockQ6_K& b, float* w) {
  for (int i = 0; i < 256; ++i) {
    int h = i / 128, k = i % 128 / 32, l = i % 32;
    int low = b.ql[64 * h + 32 * (k & 1) + l] >> (k < 2 ? 0 : 4) & 15;
    int high = b.qh[32 * h + l] >> (2 * k) & 3;
    w[i] = to_f32(b.d) * static_cast<float>(b.sc[i / 16]) * static_cast<float>((low | high << 4) - 32);
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

template <typename Block>
void encode_block(const float* w, const float* importance, Block& b) {
  encode_k_block(w, importance, b);
}

template <typename Block, int kSize>
void encode_blocks(const float* source, const float* importance, std::byte* out, int64_t n) {
  for (int64_t i = 0; i < n / kSize; ++i) {
    Block b;
    encode_block(source + i * kSize, importance == nullptr ? nullptr : importance + i * kSize, b);
    std::memcpy(out + i * static_cast<int64_t>(sizeof(Block)), &b, sizeof(Block));
  }
}

/// Of a type that has no choice.
template <void (*encode)(const float*, std::byte*, int64_t)>
void ignoring_importance(const float* source, const float*, std::byte* out, int64_t n) {
  encode(source, out, n);
}

// ---- the table ---------------------------------------------------------------------------------

struct Codec {
  void (*decode)(const std::byte*, float*, int64_t);
  void (*encode)(const float*, const float*, std::byte*, int64_t);
};

constexpr Codec codec_f32{decode_f32, ignoring_importance<encode_f32>},
    codec_f64{decode_f64, ignoring_importance<encode_f64>},
    codec_i32{decode_i32, ignoring_importance<encode_i32>},
    codec_i64{decode_i64, ignoring_importance<encode_i64>},
    codec_i8{decode_i8, ignoring_importance<encode_i8>},
    codec_i4{decode_i4, ignoring_importance<encode_i4>},
    codec_f16{decode_float<f16>, ignoring_importance<encode_float<f16, to_f16>>},
    codec_bf16{decode_float<bf16>, ignoring_importance<encode_float<bf16, to_bf16>>},
    codec_f8_e4m3{decode_float<f8_e4m3>, ignoring_importance<encode_float<f8_e4m3, to_f8_e4m3>>},
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

void encode_row_weighted(DType dtype, const float* source, const float* importance, std::byte* out,
                         int64_t n) {
  RETORT_DCHECK(n % info(dtype).block_size == 0);
  kCodecs[static_cast<int>(dtype)].encode(source, importance, out, n);
}

void encode_row(DType dtype, const float* source, std::byte* out, int64_t n) {
  encode_row_weighted(dtype, source, nullptr, out, n);
}

}  // namespace retort
