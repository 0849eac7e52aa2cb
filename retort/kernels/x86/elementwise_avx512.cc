// The elementwise kernels at AVX-512.
#if defined(__x86_64__)
#include <immintrin.h>

#include <cmath>

#include "retort/kernels/elementwise_levels.h"
#include "retort/kernels/target.h"

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX512)
namespace retort::kernels {
namespace {

#include "retort/kernels/x86/elementwise_vector_avx512-inl.h"

#include "retort/kernels/x86/elementwise_exp-inl.h"

#include "retort/kernels/x86/elementwise-inl.h"

constexpr ElementwiseKernels kTable = {
    rms_norm,    add_to, silu_mul,    rope_half,         rope_interleaved, softmax,
    log_sum_exp, argmax, to_bf16_row, rms_norm_backward, silu_mul_backward};

}  // namespace

const ElementwiseKernels& elementwise_kernels_avx512() {
  return kTable;
}

}  // namespace retort::kernels
RETORT_TARGET_END
#endif
