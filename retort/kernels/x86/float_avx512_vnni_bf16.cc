// Products of floating-point weights at AVX-512 with BF16 and VBMI: bf16 and f8_e4m3 weights run on pairs of
// BF16 (vdpbf16ps, which takes subnormal numbers as zeros), f32 and f16 weights on f32.
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "retort/kernels/float_levels.h"
#include "retort/kernels/target.h"
#include "retort/tensor/float_formats.h"

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX512_VNNI_BF16)
namespace retort::kernels {
namespace {

#include "retort/kernels/x86/float_avx512-inl.h"

// ---- weights and activations as BF16 -----------------------------------------------------------------

inline void load(const std::byte* p, __m512i& v) {
  v = _mm512_loadu_si512(p);
}
inline void save(std::byte* p, __m512i v) {
  _mm512_store_si512(p, v);
}
inline Sum multiply_add(Sum sum, __m512i w, __m512i x) {
  return _mm512_dpbf16_ps(sum, (__m512bh)w, (__m512bh)x);
}

struct Bf16Operands {
  using Vector = __m512i;
  static constexpr int64_t kElementBytes = 2;
  static constexpr int kTileColumns = 6;
  static constexpr int kStreamedRows[] = {8, 8, 8, 6, 4, 4, 3, 3};  // of a tile, by its columns less one
  static constexpr int kRawTileColumns = 6;
  static constexpr int64_t kRawColumns = 32;
};

/// 32 activations, those of x_0 first.
inline __m512i to_bf16_pair(__m512 x_0, __m512 x_1, float scale) {
  const __m512 s = _mm512_set1_ps(scale);
  return (__m512i)_mm512_cvtne2ps_pbh(_mm512_mul_ps(x_1, s), _mm512_mul_ps(x_0, s));
}

struct Bf16Weights : Bf16Operands {
  static constexpr int kColumns = 32, kVectors = 1;
  static constexpr int64_t kWeightBytes = 2;
};
inline void expand(Bf16Weights, const std::byte* p, __m512i* v) {
  v[0] = _mm512_loadu_si512(p);
}
inline void store_activations(Bf16Weights, const float* x, float scale, std::byte* out) {
  _mm512_storeu_si512(out, to_bf16_pair(_mm512_loadu_ps(x), _mm512_loadu_ps(x + 16), scale));
}

inline void round_to_bf16(const float* x, bf16* out) {
  for (int64_t j = 0; j < kFloatPadding; j += 32)
    _mm512_storeu_si512(out + j, to_bf16_pair(_mm512_loadu_ps(x + j), _mm512_loadu_ps(x + j + 16), 1.0f));
}

/// The bytes of the BF16 of each of the 128 codes of f8_e4m3 without sign.
struct F8Bytes {
  alignas(64) uint8_t low[128], high[128];
};
constexpr F8Bytes make_f8_bytes() {
  F8Bytes bytes{};
  for (int code = 0; code < 128; ++code) {
    int exponent = code >> 3, mantissa = code & 7;
    int bits = (exponent + 120) << 7 | mantissa << 4;  // biases 127 and 7
    if (code == 0) bits = 0;
    if (code == 127) bits = 0x7fc0;  // NaN
    if (exponent == 0 && mantissa != 0) {
      // A subnormal, mantissa * 2^-9, is a normal BF16.
      int shift = mantissa >= 4 ? 1 : mantissa >= 2 ? 2 : 3;
      bits = (121 - shift) << 7 | ((mantissa << shift & 7) << 4);
    }
    bytes.low[code] = static_cast<uint8_t>(bits & 255);
    bytes.high[code] = static_cast<uint8_t>(bits >> 8);
  }
  return bytes;
}
constexpr F8Bytes kF8Bytes = make_f8_bytes();

struct F8Weights : Bf16Operands {
  // Smaller tiles than bf16's leave registers for the expansion.
  static constexpr int kStreamedRows[] = {8, 4, 4, 4};
  static constexpr int kRawTileColumns = 4;
  static constexpr int64_t kRawColumns = 16;
  static constexpr int kColumns = 64, kVectors = 2;
  static constexpr int64_t kWeightBytes = 1;
};
/// Interleaving the low and high bytes leaves columns 16 l + [0, 8) of every lane l in v[0], 16 l + [8, 16)
/// in v[1].
inline void expand(F8Weights, const std::byte* p, __m512i* v) {
  const __m512i code = _mm512_loadu_si512(p);
  const __m512i low =
      _mm512_permutex2var_epi8(_mm512_load_si512(kF8Bytes.low), code, _mm512_load_si512(kF8Bytes.low + 64));
  const __m512i high =
      _mm512_permutex2var_epi8(_mm512_load_si512(kF8Bytes.high), code, _mm512_load_si512(kF8Bytes.high + 64));
  constexpr int kOrAnd = 0xf8;  // a | (b & c)
  const __m512i top = _mm512_ternarylogic_epi32(high, code, _mm512_set1_epi8(-128), kOrAnd);
  v[0] = _mm512_unpacklo_epi8(low, top);
  v[1] = _mm512_unpackhi_epi8(low, top);
}
inline void store_activations(F8Weights, const float* x, float scale, std::byte* out) {
  const __m512i a = to_bf16_pair(_mm512_loadu_ps(x), _mm512_loadu_ps(x + 16), scale);
  const __m512i b = to_bf16_pair(_mm512_loadu_ps(x + 32), _mm512_loadu_ps(x + 48), scale);
  _mm512_storeu_si512(out, _mm512_shuffle_i64x2(a, b, 0x88));       // lanes 0 and 2 of a, then of b
  _mm512_storeu_si512(out + 64, _mm512_shuffle_i64x2(a, b, 0xdd));  // lanes 1 and 3
}

#include "retort/kernels/x86/float_products-inl.h"

constexpr FloatProducts kTable =
    float_table(float_format<F32Weights>(round_columns_f32), float_format<F16Weights>(),
                float_format<Bf16Weights>(round_columns_bf16), float_format<F8Weights>());

}  // namespace

const FloatProducts& float_products_avx512_vnni_bf16() {
  return kTable;
}

}  // namespace retort::kernels
RETORT_TARGET_END
