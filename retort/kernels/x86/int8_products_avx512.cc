// W8A8 by AVX-512 without VNNI: the sign of a weight moves to the activation; 2 * 128 * 127 fits in 16 bits.
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

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX512)
namespace retort::kernels {
namespace {

#include "retort/kernels/x86/integer_vectors_avx512-inl.h"

RETORT_INLINE Ints load_some_ints(const float* p, int n) {
  return _mm512_castps_si512(load_some(p, n));
}
RETORT_INLINE void store_some_ints(float* p, int n, Ints x) {
  store_some(p, n, _mm512_castsi512_ps(x));
}

constexpr bool kBiased = false;
struct Weights {
  Ints magnitude;
  __mmask64 negative;
};
RETORT_INLINE Weights weights(Ints w) {
  const Ints s = _mm512_xor_si512(w, _mm512_set1_epi8(-128));
  return {_mm512_abs_epi8(s), _mm512_movepi8_mask(s)};
}
RETORT_INLINE Ints dot(Ints acc, Weights w, Ints y) {
  const Ints signed_y = _mm512_mask_sub_epi8(y, w.negative, _mm512_setzero_si512(), y);
  const Ints pairs = _mm512_maddubs_epi16(w.magnitude, signed_y);
  return _mm512_add_epi32(acc, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
}

#include "retort/kernels/x86/int8_products-inl.h"

}  // namespace

void int8_multiply_avx512(const std::byte* panels, int64_t n_rows, const float* row_scale,
                          const Int8Activations& x, float* out, int64_t ldo) noexcept {
  multiply(panels, n_rows, row_scale, x, out, ldo);
}

}  // namespace retort::kernels
RETORT_TARGET_END
#endif
