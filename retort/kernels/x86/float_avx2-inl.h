// The vector vocabulary of float products at AVX2, with every format widened to f32. Included inside a target
// region, before float_products-inl.h.

#include "retort/kernels/x86/turn_avx2-inl.h"

using Sum = __m256;
constexpr int kVectorBytes = 32;

inline Sum zero() {
  return _mm256_setzero_ps();
}
inline void load(const std::byte* p, __m256& v) {
  v = _mm256_loadu_ps(reinterpret_cast<const float*>(p));
}
inline void save(std::byte* p, __m256 v) {
  _mm256_store_ps(reinterpret_cast<float*>(p), v);
}
inline Sum multiply_add(Sum sum, __m256 w, __m256 x) {
  return _mm256_fmadd_ps(w, x, sum);
}

/// The horizontal sums of four accumulators.
inline __m128 fold_four(__m256 a, __m256 b, __m256 c, __m256 d) {
  const __m256 ab = _mm256_add_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
  const __m256 cd = _mm256_add_ps(_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
  const __m256d ab_pd = _mm256_castps_pd(ab), cd_pd = _mm256_castps_pd(cd);
  const __m256 abcd = _mm256_add_ps(_mm256_castpd_ps(_mm256_unpacklo_pd(ab_pd, cd_pd)),
                                    _mm256_castpd_ps(_mm256_unpackhi_pd(ab_pd, cd_pd)));
  return _mm_add_ps(_mm256_castps256_ps128(abcd), _mm256_extractf128_ps(abcd, 1));
}

/// Adds the horizontal sums of kCount accumulators to totals. The order is the same for every accumulator.
template <int kCount>
inline void add_sums(const Sum (&sums)[kCount], float* totals) {
  constexpr int kLast = kCount - 1;
  RETORT_UNROLL
  for (int i = 0; i < kCount; i += 4) {
    const __m128 four = fold_four(sums[i], sums[std::min(i + 1, kLast)], sums[std::min(i + 2, kLast)],
                                  sums[std::min(i + 3, kLast)]);
    _mm_store_ps(totals + i, _mm_add_ps(_mm_load_ps(totals + i), four));
  }
}

/// x rounded to the nearest BF16, ties to even, as f32; NaN stays NaN.
inline __m256 rounded_to_bf16(__m256 x) {
  const __m256i u = _mm256_castps_si256(x);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(u, 16), _mm256_set1_epi32(1));
  const __m256i sum = _mm256_add_epi32(u, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
  const __m256i high = _mm256_and_si256(sum, _mm256_set1_epi32(static_cast<int>(0xffff0000u)));
  return _mm256_blendv_ps(_mm256_castsi256_ps(high), x, _mm256_cmp_ps(x, x, _CMP_UNORD_Q));
}

/// Moved up by 7 bits, a code without its sign is an f16 of 1/256 of its value (biases 15 and 7), subnormal
/// codes included. NaN becomes the f16 of all ones.
inline void widen_f8(const std::byte* p, __m256* v) {
  const __m256i code = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  const __m256i half =
      _mm256_and_si256(_mm256_slli_epi16(code, 7), _mm256_set1_epi16(static_cast<short>(0xbf80)));
  const __m256i magnitude = _mm256_and_si256(code, _mm256_set1_epi16(0x7f));
  const __m256i f16 = _mm256_or_si256(half, _mm256_cmpeq_epi16(magnitude, _mm256_set1_epi16(0x7f)));
  const __m256 scale = _mm256_set1_ps(256.0f);
  v[0] = _mm256_mul_ps(_mm256_cvtph_ps(_mm256_castsi256_si128(f16)), scale);
  v[1] = _mm256_mul_ps(_mm256_cvtph_ps(_mm256_extracti128_si256(f16, 1)), scale);
}
