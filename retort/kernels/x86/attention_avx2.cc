// Attention at AVX2: BF16 is widened to f32, 8 bits to 16.
#if defined(__x86_64__)
#include <immintrin.h>

#include "retort/kernels/attention_levels.h"
#include "retort/kernels/attention_page.h"
#include "retort/kernels/target.h"
#include "retort/tensor/float_formats.h"

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX2)
namespace retort::kernels {
namespace {

#include "retort/kernels/x86/elementwise_vector_avx2-inl.h"

#include "retort/kernels/x86/elementwise_exp-inl.h"

inline void widen(const std::byte* p, F& even, F& odd) {
  const __m256i pairs = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  even = _mm256_castsi256_ps(_mm256_slli_epi32(pairs, 16));
  odd = _mm256_castsi256_ps(_mm256_and_si256(pairs, _mm256_set1_epi32(-65536)));
}

/// A code's magnitude, moved to an f32's places, is 2^-120 of its value: biases 127 and 7.
inline void widen_f8(const std::byte* p, F& even, F& odd) {
  const __m256i pairs = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  const __m256i sign = _mm256_set1_epi32(INT32_MIN), magnitude = _mm256_set1_epi32(0x7f << 20);
  const F scale = set(0x1p120f);
  const __m256i first = _mm256_or_si256(_mm256_and_si256(_mm256_slli_epi32(pairs, 24), sign),
                                        _mm256_and_si256(_mm256_slli_epi32(pairs, 20), magnitude));
  const __m256i second = _mm256_or_si256(_mm256_and_si256(_mm256_slli_epi32(pairs, 16), sign),
                                         _mm256_and_si256(_mm256_slli_epi32(pairs, 12), magnitude));
  even = mul(_mm256_castsi256_ps(first), scale);
  odd = mul(_mm256_castsi256_ps(second), scale);
}

#include "retort/kernels/x86/attention_f32_pairs-inl.h"

using I = __m256i;
inline I no_pairs() {
  return _mm256_setzero_si256();
}
inline I load_q8(const std::byte* p) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
inline I multiply_add(I sum, I pairs, const int16_t* e) {
  int pair;
  __builtin_memcpy(&pair, e, sizeof pair);
  return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi32(pair)));
}
inline F to_float(I i) {
  return _mm256_cvtepi32_ps(i);
}
inline void store_s16(int16_t* e, F x) {
  const __m256i i = _mm256_cvtps_epi32(x);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(e),
                   _mm_packs_epi32(_mm256_castsi256_si128(i), _mm256_extracti128_si256(i, 1)));
}

#include "retort/kernels/x86/attention_q8_pairs-inl.h"

#include "retort/kernels/x86/attention-inl.h"

constexpr AttentionKernels kTable = {attention_store, attend, scratch_bytes, fold, merge};

}  // namespace

const AttentionKernels& attention_kernels_avx2() {
  return kTable;
}

}  // namespace retort::kernels
RETORT_TARGET_END
#endif
