// Attention at AVX-512: BF16 is widened to f32, 8 bits to 16.
#if defined(__x86_64__)
#include <immintrin.h>

#include "retort/kernels/attention_levels.h"
#include "retort/kernels/attention_page.h"
#include "retort/kernels/target.h"
#include "retort/tensor/float_formats.h"

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX512)
namespace retort::kernels {
namespace {

#include "retort/kernels/x86/elementwise_vector_avx512-inl.h"

#include "retort/kernels/x86/elementwise_exp-inl.h"

inline void widen(const std::byte* p, F& even, F& odd) {
  const __m512i pairs = _mm512_loadu_si512(p);
  even = _mm512_castsi512_ps(_mm512_slli_epi32(pairs, 16));
  odd = _mm512_castsi512_ps(_mm512_and_si512(pairs, _mm512_set1_epi32(-65536)));
}

/// A code's magnitude, moved to an f32's places, is 2^-120 of its value: biases 127 and 7.
inline void widen_f8(const std::byte* p, F& even, F& odd) {
  const __m512i pairs = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  const __m512i sign = _mm512_set1_epi32(INT32_MIN), magnitude = _mm512_set1_epi32(0x7f << 20);
  const F scale = set(0x1p120f);
  const __m512i first = _mm512_or_si512(_mm512_and_si512(_mm512_slli_epi32(pairs, 24), sign),
                                        _mm512_and_si512(_mm512_slli_epi32(pairs, 20), magnitude));
  const __m512i second = _mm512_or_si512(_mm512_and_si512(_mm512_slli_epi32(pairs, 16), sign),
                                         _mm512_and_si512(_mm512_slli_epi32(pairs, 12), magnitude));
  even = mul(_mm512_castsi512_ps(first), scale);
  odd = mul(_mm512_castsi512_ps(second), scale);
}

#include "retort/kernels/x86/attention_f32_pairs-inl.h"

using I = __m512i;
inline I no_pairs() {
  return _mm512_setzero_si512();
}
inline I load_q8(const std::byte* p) {
  return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
inline I pair_of(const int16_t* e) {
  int pair;
  __builtin_memcpy(&pair, e, sizeof pair);
  return _mm512_set1_epi32(pair);
}
inline I multiply_add(I sum, I pairs, const int16_t* e) {
  return _mm512_add_epi32(sum, _mm512_madd_epi16(pairs, pair_of(e)));
}
inline F to_float(I i) {
  return _mm512_cvtepi32_ps(i);
}
inline void store_s16(int16_t* e, F x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(e), _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(x)));
}

#include "retort/kernels/x86/attention_q8_pairs-inl.h"

#include "retort/kernels/x86/attention-inl.h"

constexpr AttentionKernels kTable = {attention_store, attend, scratch_bytes, fold, merge};

}  // namespace

const AttentionKernels& attention_kernels_avx512() {
  return kTable;
}

}  // namespace retort::kernels
RETORT_TARGET_END
#endif
