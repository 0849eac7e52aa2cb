// Causal attention's backward pass at AVX2.
#if defined(__x86_64__)
#include <immintrin.h>

#include "retort/kernels/causal_attention_levels.h"
#include "retort/kernels/target.h"
#include "retort/tensor/float_formats.h"

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX2)
namespace retort::kernels {
namespace {

#include "retort/kernels/x86/elementwise_vector_avx2-inl.h"

#include "retort/kernels/x86/elementwise_exp-inl.h"

#include "retort/kernels/x86/turn_avx2-inl.h"

/// f32 operands. Keys and values are BF16 numbers.
struct Kind {
  using Element = float;
  using Operand = F;
  static constexpr int kPer = 1;

  static F load(const float* p) { return retort::kernels::load(p); }
  static F plus(F sum, F b, const float* e) { return fma(set(*e), b, sum); }
  static void store_row(float* out, F x) { store(out, x); }
  static void store_inner(float* out, int64_t stride, F x, F y) {
    store(out, x);
    store(out + stride, y);
  }
  static F cached(F x) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(round_to_bf16(x)), 16));
  }
};

#include "retort/kernels/x86/causal_attention-inl.h"

constexpr CausalAttentionKernels kTable = {scratch_bytes, backward};

}  // namespace

const CausalAttentionKernels& causal_attention_kernels_avx2() {
  return kTable;
}

}  // namespace retort::kernels
RETORT_TARGET_END
#endif
