// W8A8 by AVX2: a panel is two vectors of 8 rows; the sign of a weight moves to the activation.
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

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX2)
namespace retort::kernels {
namespace {

using Ints = __m256i;
using Floats = __m256;
constexpr int kLanes = 8;
constexpr int kColumnsAtOnce = kInstrumented ? 2 : 4;

RETORT_INLINE Ints load(const std::byte* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}
RETORT_INLINE Ints splat(int32_t x) {
  return _mm256_set1_epi32(x);
}
RETORT_INLINE Floats splat(float x) {
  return _mm256_set1_ps(x);
}
RETORT_INLINE Ints splat_4(const int8_t* p) {
  int32_t x;
  std::memcpy(&x, p, 4);
  return _mm256_set1_epi32(x);
}
/// The first n lanes; the others are neither read nor written.
RETORT_INLINE Ints first_lanes(int n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
RETORT_INLINE Floats load_some(const float* p, int n) {
  return _mm256_maskload_ps(p, first_lanes(n));
}
RETORT_INLINE void store_some(float* p, int n, Floats x) {
  _mm256_maskstore_ps(p, first_lanes(n), x);
}
RETORT_INLINE Ints load_some_ints(const float* p, int n) {
  return _mm256_castps_si256(load_some(p, n));
}
RETORT_INLINE void store_some_ints(float* p, int n, Ints x) {
  store_some(p, n, _mm256_castsi256_ps(x));
}
RETORT_INLINE Floats to_floats(Ints x) {
  return _mm256_cvtepi32_ps(x);
}
RETORT_INLINE Floats mul(Floats x, Floats y) {
  return _mm256_mul_ps(x, y);
}

constexpr bool kBiased = false;
/// The signed bytes and their magnitudes, up to 128: 2 * 128 * 127 fits in 16 bits.
struct Weights {
  Ints magnitude, sign;
};
RETORT_INLINE Weights weights(Ints w) {
  const Ints s = _mm256_xor_si256(w, _mm256_set1_epi8(-128));
  return {_mm256_abs_epi8(s), s};
}
RETORT_INLINE Ints dot(Ints acc, Weights w, Ints y) {
  const Ints pairs = _mm256_maddubs_epi16(w.magnitude, _mm256_sign_epi8(y, w.sign));
  return _mm256_add_epi32(acc, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

#include "retort/kernels/x86/int8_products-inl.h"

}  // namespace

void int8_multiply_avx2(const std::byte* panels, int64_t n_rows, const float* row_scale,
                        const Int8Activations& x, float* out, int64_t ldo) noexcept {
  multiply(panels, n_rows, row_scale, x, out, ldo);
}

}  // namespace retort::kernels
RETORT_TARGET_END
#endif
