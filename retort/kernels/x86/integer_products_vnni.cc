// Integer products by AVX-512 VNNI: one vpdpbusd multiplies 64 bytes and adds them into 16 sums.
#include <array>
#include <bit>
#include <limits>
#include <utility>

#include "retort/kernels/integer_levels.h"
#include "retort/kernels/integer_panels.h"
#include "retort/kernels/target.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define RETORT_INLINE inline __attribute__((always_inline))

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX512_VNNI_BF16)
namespace retort::kernels {
namespace {

#include "retort/kernels/x86/integer_vectors_avx512-inl.h"

constexpr bool kSignedBytes = false;

/// acc[c] += the product of n_quads times 4 columns of unsigned weights and column c, 32 bytes apart.
template <int kLargest, int n_quads, int NY>
RETORT_INLINE void dot(const Ints* w, const int8_t* y, Ints (&acc)[NY]) {
  RETORT_UNROLL for (int v = 0; v < n_quads; ++v) {
    RETORT_UNROLL for (int c = 0; c < NY; ++c) {
      acc[c] = _mm512_dpbusd_epi32(acc[c], w[v], splat_4(y + kActivationGroup * c + 4 * v));
    }
  }
}

#include "retort/kernels/x86/integer_products-inl.h"

}  // namespace

const IntegerProducts& integer_products_vnni() {
  return kTable;
}

}  // namespace retort::kernels
RETORT_TARGET_END
#endif
