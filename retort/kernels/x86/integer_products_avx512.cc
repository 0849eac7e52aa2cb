// Integer products by AVX-512 without VNNI: pairs of bytes into 16 bits, pairs of those into 32.
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

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX512)
namespace retort::kernels {
namespace {

#include "retort/kernels/x86/integer_vectors_avx512-inl.h"

RETORT_INLINE Ints multiply_pairs(Ints w, Ints y) {
  return _mm512_maddubs_epi16(w, y);
}
RETORT_INLINE Ints add_pairs(Ints x, Ints y) {
  return _mm512_add_epi16(x, y);
}
RETORT_INLINE Ints widen_pairs(Ints x) {
  return _mm512_madd_epi16(x, _mm512_set1_epi16(1));
}
/// Biased bytes apart: magnitude and sign.
struct Signed {
  Ints magnitude;
  __mmask64 negative;
};
RETORT_INLINE Signed unbias(Ints w) {
  const Ints s = _mm512_xor_si512(w, _mm512_set1_epi8(-128));
  return {_mm512_abs_epi8(s), _mm512_movepi8_mask(s)};
}
RETORT_INLINE Ints apply_sign(Ints y, Signed w) {
  return _mm512_mask_sub_epi8(y, w.negative, _mm512_setzero_si512(), y);
}

#include "retort/kernels/x86/integer_dot_16-inl.h"
#include "retort/kernels/x86/integer_products-inl.h"

}  // namespace

const IntegerProducts& integer_products_avx512() {
  return kTable;
}

}  // namespace retort::kernels
RETORT_TARGET_END
#endif
