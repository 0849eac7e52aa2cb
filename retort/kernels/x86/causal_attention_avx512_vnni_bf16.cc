// Causal attention's backward pass at AVX-512 VNNI and BF16: products of pairs by one instruction.
#if defined(__x86_64__)
#include <immintrin.h>

#include "retort/kernels/causal_attention_levels.h"
#include "retort/kernels/target.h"
#include "retort/tensor/float_formats.h"

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX512_VNNI_BF16)
namespace retort::kernels {
namespace {

#include "retort/kernels/x86/elementwise_vector_avx512-inl.h"

#include "retort/kernels/x86/elementwise_exp-inl.h"

#include "retort/kernels/x86/turn_avx512-inl.h"

/// Pairs of BF16, multiplied by one instruction.
struct Kind {
  using Element = bf16;
  using Operand = __m512i;
  static constexpr int kPer = 2;

  static __m512i load(const bf16* p) { return _mm512_loadu_si512(p); }
  static F plus(F sum, __m512i b, const bf16* e) {
    int pair;
    __builtin_memcpy(&pair, e, sizeof pair);
    return _mm512_dpbf16_ps(sum, (__m512bh)b, (__m512bh)_mm512_set1_epi32(pair));
  }
  static void store_row(bf16* out, F x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), (__m256i)_mm512_cvtneps_pbh(x));
  }
  static void store_inner(bf16* out, int64_t, F x, F y) {
    const __m512i rows = (__m512i)_mm512_cvtne2ps_pbh(y, x);
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    // Word 2 l from x, word 2 l + 1 from y.
    const __m512i index =
        _mm512_or_si512(lane, _mm512_slli_epi32(_mm512_add_epi32(lane, _mm512_set1_epi32(16)), 16));
    _mm512_storeu_si512(out, _mm512_permutexvar_epi16(index, rows));
  }
  static F cached(F x) { return x; }  // storing rounds
};

#include "retort/kernels/x86/causal_attention-inl.h"

constexpr CausalAttentionKernels kTable = {scratch_bytes, backward};

}  // namespace

const CausalAttentionKernels& causal_attention_kernels_avx512_vnni_bf16() {
  return kTable;
}

}  // namespace retort::kernels
RETORT_TARGET_END
#endif
