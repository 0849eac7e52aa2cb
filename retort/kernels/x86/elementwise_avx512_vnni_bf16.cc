// The elementwise kernels at AVX-512 BF16: those of AVX-512, but for the conversion instruction.
#if defined(__x86_64__)
#include <immintrin.h>

#include "retort/kernels/elementwise_levels.h"
#include "retort/kernels/target.h"

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX512_VNNI_BF16)
namespace retort::kernels {
namespace {

void to_bf16_row(const float* x, int64_t n, bf16* y) noexcept {
  int64_t j = 0;
  for (; j + 16 <= n; j += 16) {
    auto rounded = _mm512_cvtneps_pbh(_mm512_loadu_ps(x + j));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(y + j), (__m256i)rounded);
  }
  if (j < n) {
    auto lanes = static_cast<__mmask16>((1u << (n - j)) - 1);
    auto rounded = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(lanes, x + j));
    _mm256_mask_storeu_epi16(y + j, lanes, (__m256i)rounded);
  }
}

}  // namespace
}  // namespace retort::kernels
RETORT_TARGET_END

namespace retort::kernels {

const ElementwiseKernels& elementwise_kernels_avx512_vnni_bf16() {
  static const ElementwiseKernels table = [] {
    ElementwiseKernels kernels = elementwise_kernels_avx512();
    kernels.to_bf16 = to_bf16_row;
    return kernels;
  }();
  return table;
}

}  // namespace retort::kernels
#endif
