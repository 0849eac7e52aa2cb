// W8A8 by AVX-512 VNNI: one vpdpbusd multiplies 64 bytes and adds them into 16 sums.
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "retort/kernels/int8_levels.h"
#include "retort/kernels/integer_levels.h"
#include "retort/kernels/target.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define RETORT_INLINE inline __attribute__((always_inline))

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX512_VNNI_BF16)
namespace retort::kernels {
namespace {

#include "retort/kernels/x86/integer_vectors_avx512-inl.h"

RETORT_INLINE Ints load_some_ints(const float* p, int n) {
  return _mm512_castps_si512(load_some(p, n));
}
RETORT_INLINE void store_some_ints(float* p, int n, Ints x) {
  store_some(p, n, _mm512_castsi512_ps(x));
}

constexpr bool kBiased = true;
using Weights = Ints;
RETORT_INLINE Weights weights(Ints w) {
  return w;
}
RETORT_INLINE Ints dot(Ints acc, Ints w, Ints y) {
  return _mm512_dpbusd_epi32(acc, w, y);
}

#include "retort/kernels/x86/int8_products-inl.h"

}  // namespace

void int8_multiply_vnni(const std::byte* panels, int64_t n_rows, const float* row_scale,
                        const Int8Activations& x, float* out, int64_t ldo) noexcept {
  multiply(panels, n_rows, row_scale, x, out, ldo);
}

}  // namespace retort::kernels
RETORT_TARGET_END
#endif
