// The vector vocabulary of integer_products-inl.h over 16 lanes: AVX-512 F, BW, DQ, VL. `dot` is the level's.

using Ints = __m512i;
using Floats = __m512;
constexpr int kLanes = 16;
constexpr int kColumnsAtOnce = kInstrumented ? 2 : 8;

RETORT_INLINE Ints load(const std::byte* p) {
  return _mm512_loadu_si512(p);
}
RETORT_INLINE Floats load_floats(const void* p) {
  return _mm512_loadu_ps(p);
}
RETORT_INLINE void store(std::byte* p, Ints x) {
  _mm512_storeu_si512(p, x);
}
RETORT_INLINE void store(std::byte* p, Floats x) {
  _mm512_storeu_ps(p, x);
}

/// The first n lanes; the others are neither read nor written.
RETORT_INLINE __mmask16 first_lanes(int n) {
  return static_cast<__mmask16>((1u << n) - 1);
}
RETORT_INLINE Floats load_some(const float* p, int n) {
  return _mm512_maskz_loadu_ps(first_lanes(n), p);
}
RETORT_INLINE void store_some(float* p, int n, Floats x) {
  _mm512_mask_storeu_ps(p, first_lanes(n), x);
}

RETORT_INLINE Floats load_halves(const std::byte* p) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
RETORT_INLINE Floats low_halves(Ints x) {
  return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(x));
}
RETORT_INLINE Floats high_halves(Ints x) {
  return low_halves(_mm512_srli_epi32(x, 16));
}

RETORT_INLINE Ints splat(int32_t x) {
  return _mm512_set1_epi32(x);
}
RETORT_INLINE Floats splat(float x) {
  return _mm512_set1_ps(x);
}

/// Shifts each dword, to the left if n < 0: what crosses from byte to byte is for the caller to mask.
template <int n>
RETORT_INLINE Ints shift_right(Ints x) {
  if constexpr (n > 0) return _mm512_srli_epi32(x, n);
  if constexpr (n < 0) return _mm512_slli_epi32(x, -n);
  return x;
}
template <int n>
RETORT_INLINE Ints shift_left(Ints x) {
  return _mm512_slli_epi32(x, n);
}
template <int mask>
RETORT_INLINE Ints low_bits(Ints x) {
  return _mm512_and_si512(x, _mm512_set1_epi8(mask));
}
/// (x & mask) | y, mask in every byte.
template <int mask>
RETORT_INLINE Ints merge_bits(Ints x, Ints y) {
  return _mm512_ternarylogic_epi32(x, _mm512_set1_epi8(mask), y, 0xea);
}
/// Byte i of each dword.
template <int i>
RETORT_INLINE Ints byte_of(Ints x) {
  return _mm512_and_si512(shift_right<8 * i>(x), _mm512_set1_epi32(0xff));
}
template <int i>
RETORT_INLINE Ints signed_byte_of(Ints x) {
  return _mm512_srai_epi32(_mm512_slli_epi32(x, 24 - 8 * i), 24);
}

RETORT_INLINE Floats to_floats(Ints x) {
  return _mm512_cvtepi32_ps(x);
}
RETORT_INLINE Floats mul(Floats x, Floats y) {
  return _mm512_mul_ps(x, y);
}
RETORT_INLINE Floats divide(Floats x, Floats y) {
  return _mm512_div_ps(x, y);
}
RETORT_INLINE Floats fma(Floats x, Floats y, Floats z) {
  return _mm512_fmadd_ps(x, y, z);
}
RETORT_INLINE Ints add(Ints x, Ints y) {
  return _mm512_add_epi32(x, y);
}

RETORT_INLINE Ints round(Floats x) {
  return _mm512_cvtps_epi32(x);
}
RETORT_INLINE Ints magnitude_bits(Floats x) {
  return _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(0x7fffffff));
}
RETORT_INLINE Ints max_unsigned(Ints x, Ints y) {
  return _mm512_max_epu32(x, y);
}
RETORT_INLINE uint32_t reduce_max(Ints x) {
  return _mm512_reduce_max_epu32(x);
}
RETORT_INLINE int32_t reduce_add(Ints x) {
  return _mm512_reduce_add_epi32(x);
}
/// kLanes values in [-128, 127] as bytes.
RETORT_INLINE void store_bytes(int8_t* p, Ints x) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(x));
}

/// 4 bytes of activations in every lane.
RETORT_INLINE Ints splat_4(const int8_t* p) {
  int32_t x;
  std::memcpy(&x, p, 4);
  return _mm512_set1_epi32(x);
}
