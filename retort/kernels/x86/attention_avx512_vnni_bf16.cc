// Attention at AVX-512 VNNI and BF16: products of pairs by one instruction.
#if defined(__x86_64__)
#include <immintrin.h>

#include "retort/kernels/attention_levels.h"
#include "retort/kernels/attention_page.h"
#include "retort/kernels/target.h"
#include "retort/tensor/float_formats.h"

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX512_VNNI_BF16)
namespace retort::kernels {
namespace {

#include "retort/kernels/x86/elementwise_vector_avx512-inl.h"

#include "retort/kernels/x86/elementwise_exp-inl.h"

#include "retort/kernels/x86/f8_bf16_avx512-inl.h"

/// Keys and values as they are; queries and weights rounded to BF16.
struct Bf16Pairs {
  using Element = bf16;
  using Pairs = __m512i;
  using Sum = F;
  static constexpr int kPairBytes = 4;
  static constexpr bool kScaled = false;

  static __m512i load(const std::byte* p) { return _mm512_loadu_si512(p); }
  static F none() { return zero(); }
  static F plus(F sum, __m512i pairs, const bf16* e) {
    int pair;
    __builtin_memcpy(&pair, e, sizeof pair);
    return _mm512_dpbf16_ps(sum, (__m512bh)pairs, (__m512bh)_mm512_set1_epi32(pair));
  }
  static F value(F sum) { return sum; }
  static F start(const float* out, float alpha) { return mul(retort::kernels::load(out), set(alpha)); }
  static void finish(float* out, F sum, float, float) { store(out, sum); }
  static float store_query(const float* q, int n, bf16* e) {
    for (int d = 0; d < n; d += 16) {
      auto rounded = _mm512_cvtneps_pbh(retort::kernels::load(q + d));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(e + d), (__m256i)rounded);
    }
    return 1.0f;
  }
  static float store_weights(const F* p, bf16* e) {
    _mm512_storeu_si512(e, (__m512i)_mm512_cvtne2ps_pbh(p[1], p[0]));
    return 1.0f;
  }
};

/// E4M3 becomes BF16, which holds all its values, on the way.
struct F8Pairs : Bf16Pairs {
  static constexpr int kPairBytes = 2;
  static constexpr bool kScaled = true;

  static __m512i load(const std::byte* p) {
    return f8_words_to_bf16(_mm512_cvtepu8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))));
  }
};

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
  return _mm512_dpwssd_epi32(sum, pairs, pair_of(e));
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

const AttentionKernels& attention_kernels_avx512_vnni_bf16() {
  return kTable;
}

}  // namespace retort::kernels
RETORT_TARGET_END
#endif
