// Products of floating-point weights at AVX2 with FMA and F16C: every format is widened to f32.
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "retort/kernels/float_levels.h"
#include "retort/kernels/target.h"
#include "retort/tensor/float_formats.h"

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX2)
namespace retort::kernels {
namespace {

#include "retort/kernels/x86/turn_avx2-inl.h"

using Sum = __m256;
constexpr int kVectorBytes = 32;

inline Sum zero() {
  return _mm256_setzero_ps();
}
inline void load(const std::byte* p, __m256& v) {
  v = _mm256_loadu_ps(reinterpret_cast<const float*>(p));
}
inline void save(std::byte* p, __m256 v) {
  _mm256_store_ps(reinterpret_cast<float*>(p), v);
}
inline Sum multiply_add(Sum sum, __m256 w, __m256 x) {
  return _mm256_fmadd_ps(w, x, sum);
}

/// The horizontal sums of four accumulators.
inline __m128 fold_four(__m256 a, __m256 b, __m256 c, __m256 d) {
  const __m256 ab = _mm256_add_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
  const __m256 cd = _mm256_add_ps(_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
  const __m256d ab_pd = _mm256_castps_pd(ab), cd_pd = _mm256_castps_pd(cd);
  const __m256 abcd = _mm256_add_ps(_mm256_castpd_ps(_mm256_unpacklo_pd(ab_pd, cd_pd)),
                                    _mm256_castpd_ps(_mm256_unpackhi_pd(ab_pd, cd_pd)));
  return _mm_add_ps(_mm256_castps256_ps128(abcd), _mm256_extractf128_ps(abcd, 1));
}

/// Adds the horizontal sums of kCount accumulators to totals. The order is the same for every accumulator.
template <int kCount>
inline void add_sums(const Sum (&sums)[kCount], float* totals) {
  constexpr int kLast = kCount - 1;
  RETORT_UNROLL
  for (int i = 0; i < kCount; i += 4) {
    const __m128 four = fold_four(sums[i], sums[std::min(i + 1, kLast)], sums[std::min(i + 2, kLast)],
                                  sums[std::min(i + 3, kLast)]);
    _mm_store_ps(totals + i, _mm_add_ps(_mm_load_ps(totals + i), four));
  }
}

/// x rounded to the nearest BF16, ties to even, as f32; NaN stays NaN.
inline __m256 rounded_to_bf16(__m256 x) {
  const __m256i u = _mm256_castps_si256(x);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(u, 16), _mm256_set1_epi32(1));
  const __m256i sum = _mm256_add_epi32(u, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
  const __m256i high = _mm256_and_si256(sum, _mm256_set1_epi32(static_cast<int>(0xffff0000u)));
  return _mm256_blendv_ps(_mm256_castsi256_ps(high), x, _mm256_cmp_ps(x, x, _CMP_UNORD_Q));
}

struct F32Operands {
  using Vector = __m256;
  static constexpr int64_t kElementBytes = 4;
  static constexpr int kTileColumns = 3;
  static constexpr int kStreamedRows[] = {8, 4, 4};  // of a tile, by its columns less one
  static constexpr int kRawTileColumns = 3;
  static constexpr int64_t kRawColumns = 32;
};

struct F32Weights : F32Operands {
  static constexpr int kColumns = 8, kVectors = 1;
  static constexpr int64_t kWeightBytes = 4;
};
inline void expand(F32Weights, const std::byte* p, __m256* v) {
  v[0] = _mm256_loadu_ps(reinterpret_cast<const float*>(p));
}
inline void store_activations(F32Weights, const float* x, float scale, std::byte* out) {
  const __m256 y = _mm256_mul_ps(_mm256_loadu_ps(x), _mm256_set1_ps(scale));
  _mm256_storeu_ps(reinterpret_cast<float*>(out), y);
}

struct F16Weights : F32Operands {
  static constexpr int kColumns = 8, kVectors = 1;
  static constexpr int64_t kWeightBytes = 2;
};
inline void expand(F16Weights, const std::byte* p, __m256* v) {
  v[0] = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
inline void store_activations(F16Weights, const float* x, float scale, std::byte* out) {
  store_activations(F32Weights{}, x, scale, out);
}

struct Bf16Weights : F32Operands {
  static constexpr int kColumns = 8, kVectors = 1;
  static constexpr int64_t kWeightBytes = 2;
};
inline void expand(Bf16Weights, const std::byte* p, __m256* v) {
  const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  v[0] = _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
}
inline void store_activations(Bf16Weights, const float* x, float scale, std::byte* out) {
  const __m256 y = rounded_to_bf16(_mm256_mul_ps(_mm256_loadu_ps(x), _mm256_set1_ps(scale)));
  _mm256_storeu_ps(reinterpret_cast<float*>(out), y);
}

inline void round_to_bf16(const float* x, bf16* out) {
  for (int64_t j = 0; j < kFloatPadding; j += 8) {
    const __m256i bits = _mm256_srli_epi32(_mm256_castps_si256(rounded_to_bf16(_mm256_loadu_ps(x + j))), 16);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + j),
                     _mm_packus_epi32(_mm256_castsi256_si128(bits), _mm256_extracti128_si256(bits, 1)));
  }
}

struct F8Weights : F32Operands {
  static constexpr int kColumns = 16, kVectors = 2;
  static constexpr int64_t kWeightBytes = 1;
};
/// Moved up by 7 bits, a code without its sign is an f16 of 1/256 of its value (biases 15 and 7), subnormal
/// codes included. NaN becomes the f16 of all ones.
inline void expand(F8Weights, const std::byte* p, __m256* v) {
  const __m256i code = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  const __m256i half =
      _mm256_and_si256(_mm256_slli_epi16(code, 7), _mm256_set1_epi16(static_cast<short>(0xbf80)));
  const __m256i magnitude = _mm256_and_si256(code, _mm256_set1_epi16(0x7f));
  const __m256i f16 = _mm256_or_si256(half, _mm256_cmpeq_epi16(magnitude, _mm256_set1_epi16(0x7f)));
  const __m256 scale = _mm256_set1_ps(256.0f);
  v[0] = _mm256_mul_ps(_mm256_cvtph_ps(_mm256_castsi256_si128(f16)), scale);
  v[1] = _mm256_mul_ps(_mm256_cvtph_ps(_mm256_extracti128_si256(f16, 1)), scale);
}
inline void store_activations(F8Weights, const float* x, float scale, std::byte* out) {
  store_activations(Bf16Weights{}, x, scale, out);
  store_activations(Bf16Weights{}, x + 8, scale, out + 32);
}

#include "retort/kernels/x86/float_products-inl.h"

constexpr FloatProducts kTable =
    float_table(float_format<F32Weights>(round_columns_f32), float_format<F16Weights>(),
                float_format<Bf16Weights>(round_columns_bf16), float_format<F8Weights>());

}  // namespace

const FloatProducts& float_products_avx2() {
  return kTable;
}

}  // namespace retort::kernels
RETORT_TARGET_END
