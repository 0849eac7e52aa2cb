// Integer products by AVX2: panels as two parts of 8 rows.
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
RETORT_INLINE Floats load_floats(const void* p) {
  return _mm256_loadu_ps(static_cast<const float*>(p));
}
RETORT_INLINE void store(std::byte* p, Ints x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), x);
}
RETORT_INLINE void store(std::byte* p, Floats x) {
  _mm256_storeu_ps(reinterpret_cast<float*>(p), x);
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

RETORT_INLINE Floats load_halves(const std::byte* p) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
/// f16 in dwords whose high halves are zero.
RETORT_INLINE Floats halves_of_dwords(Ints x) {
  return _mm256_cvtph_ps(_mm_packus_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1)));
}
RETORT_INLINE Floats low_halves(Ints x) {
  return halves_of_dwords(_mm256_and_si256(x, _mm256_set1_epi32(0xffff)));
}
RETORT_INLINE Floats high_halves(Ints x) {
  return halves_of_dwords(_mm256_srli_epi32(x, 16));
}

RETORT_INLINE Ints splat(int32_t x) {
  return _mm256_set1_epi32(x);
}
RETORT_INLINE Floats splat(float x) {
  return _mm256_set1_ps(x);
}

/// Shifts each dword, to the left if n < 0: what crosses from byte to byte is for the caller to mask.
template <int n>
RETORT_INLINE Ints shift_right(Ints x) {
  if constexpr (n > 0) return _mm256_srli_epi32(x, n);
  if constexpr (n < 0) return _mm256_slli_epi32(x, -n);
  return x;
}
template <int n>
RETORT_INLINE Ints shift_left(Ints x) {
  return _mm256_slli_epi32(x, n);
}
template <int mask>
RETORT_INLINE Ints low_bits(Ints x) {
  return _mm256_and_si256(x, _mm256_set1_epi8(mask));
}
/// (x & mask) | y, mask in every byte.
template <int mask>
RETORT_INLINE Ints merge_bits(Ints x, Ints y) {
  return _mm256_or_si256(low_bits<mask>(x), y);
}
/// Byte i of each dword.
template <int i>
RETORT_INLINE Ints byte_of(Ints x) {
  return _mm256_and_si256(shift_right<8 * i>(x), _mm256_set1_epi32(0xff));
}
template <int i>
RETORT_INLINE Ints signed_byte_of(Ints x) {
  return _mm256_srai_epi32(_mm256_slli_epi32(x, 24 - 8 * i), 24);
}

RETORT_INLINE Floats to_floats(Ints x) {
  return _mm256_cvtepi32_ps(x);
}
RETORT_INLINE Floats mul(Floats x, Floats y) {
  return _mm256_mul_ps(x, y);
}
RETORT_INLINE Floats divide(Floats x, Floats y) {
  return _mm256_div_ps(x, y);
}
RETORT_INLINE Floats fma(Floats x, Floats y, Floats z) {
  return _mm256_fmadd_ps(x, y, z);
}
RETORT_INLINE Ints add(Ints x, Ints y) {
  return _mm256_add_epi32(x, y);
}

RETORT_INLINE Ints round(Floats x) {
  return _mm256_cvtps_epi32(x);
}
RETORT_INLINE Ints magnitude_bits(Floats x) {
  return _mm256_and_si256(_mm256_castps_si256(x), _mm256_set1_epi32(0x7fffffff));
}
RETORT_INLINE Ints max_unsigned(Ints x, Ints y) {
  return _mm256_max_epu32(x, y);
}
RETORT_INLINE uint32_t reduce_max(Ints x) {
  __m128i y = _mm_max_epu32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
  y = _mm_max_epu32(y, _mm_shuffle_epi32(y, 0x4e));
  y = _mm_max_epu32(y, _mm_shuffle_epi32(y, 0xb1));
  return static_cast<uint32_t>(_mm_cvtsi128_si32(y));
}
RETORT_INLINE int32_t reduce_add(Ints x) {
  __m128i y = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
  y = _mm_add_epi32(y, _mm_shuffle_epi32(y, 0x4e));
  y = _mm_add_epi32(y, _mm_shuffle_epi32(y, 0xb1));
  return _mm_cvtsi128_si32(y);
}
/// kLanes values in [-128, 127] as bytes.
RETORT_INLINE void store_bytes(int8_t* p, Ints x) {
  __m128i y = _mm_packs_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packs_epi16(y, y));
}

/// 4 bytes of activations in every lane.
RETORT_INLINE Ints splat_4(const int8_t* p) {
  int32_t x;
  std::memcpy(&x, p, 4);
  return _mm256_set1_epi32(x);
}

RETORT_INLINE Ints multiply_pairs(Ints w, Ints y) {
  return _mm256_maddubs_epi16(w, y);
}
RETORT_INLINE Ints add_pairs(Ints x, Ints y) {
  return _mm256_add_epi16(x, y);
}
RETORT_INLINE Ints widen_pairs(Ints x) {
  return _mm256_madd_epi16(x, _mm256_set1_epi16(1));
}
/// Biased bytes apart: magnitude and sign.
struct Signed {
  Ints magnitude, sign;
};
RETORT_INLINE Signed unbias(Ints w) {
  const Ints s = _mm256_xor_si256(w, _mm256_set1_epi8(-128));
  return {_mm256_abs_epi8(s), s};
}
RETORT_INLINE Ints apply_sign(Ints y, Signed w) {
  return _mm256_sign_epi8(y, w.sign);
}

#include "retort/kernels/x86/integer_dot_16-inl.h"
#include "retort/kernels/x86/integer_products-inl.h"

}  // namespace

const IntegerProducts& integer_products_avx2() {
  return kTable;
}

}  // namespace retort::kernels
RETORT_TARGET_END
#endif
