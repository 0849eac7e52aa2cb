// The vector vocabulary at AVX2: 8 lanes of f32. Included once by a source file, inside a target region.
// x86/elementwise_vector_avx512-inl.h says the same words for 16 lanes.

using F = __m256;
constexpr int kLanes = 8;

inline __m256i first_lanes(int64_t n) {
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), lane);
}
inline F zero() {
  return _mm256_setzero_ps();
}
inline F set(float x) {
  return _mm256_set1_ps(x);
}
inline F load(const float* p) {
  return _mm256_loadu_ps(p);
}
/// The first n < kLanes values; zeros behind them. Reads no further.
inline F load_first(const float* p, int64_t n) {
  return _mm256_maskload_ps(p, first_lanes(n));
}
inline void store(float* p, F x) {
  _mm256_storeu_ps(p, x);
}
inline void store_first(float* p, F x, int64_t n) {
  _mm256_maskstore_ps(p, first_lanes(n), x);
}
/// Lanes below n (0 <= n <= kLanes) from x, the others from y.
inline F select_first(F x, F y, int64_t n) {
  return _mm256_blendv_ps(y, x, _mm256_castsi256_ps(first_lanes(n)));
}
inline F add(F a, F b) {
  return _mm256_add_ps(a, b);
}
inline F sub(F a, F b) {
  return _mm256_sub_ps(a, b);
}
inline F mul(F a, F b) {
  return _mm256_mul_ps(a, b);
}
inline F div(F a, F b) {
  return _mm256_div_ps(a, b);
}
/// a * b + c
inline F fma(F a, F b, F c) {
  return _mm256_fmadd_ps(a, b, c);
}
/// c - a * b
inline F fnma(F a, F b, F c) {
  return _mm256_fnmadd_ps(a, b, c);
}
/// A NaN in a yields b.
inline F largest(F a, F b) {
  return _mm256_max_ps(a, b);
}
/// A NaN in b stays.
inline F smallest(F a, F b) {
  return _mm256_min_ps(a, b);
}
inline F absolute(F x) {
  return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
}
inline F nearest(F x) {
  return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
inline F power_of_two(__m256i n) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23));
}
/// x * 2^n for whole n in [-250, 250]: in two steps, so that subnormals, zero and infinity come out right.
inline F scale_by_power(F x, F n) {
  __m256i whole = _mm256_cvtps_epi32(n);
  __m256i half = _mm256_srai_epi32(whole, 1);
  return mul(mul(x, power_of_two(half)), power_of_two(_mm256_sub_epi32(whole, half)));
}
inline float sum_of(F x) {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}
inline float largest_of(F x) {
  __m128 s = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  s = _mm_max_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}
/// Bit i: lane i of a equals lane i of b.
inline uint32_t equal_lanes(F a, F b) {
  return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_EQ_OQ)));
}
/// p[0], p[0], p[1], p[1], ...: n <= kLanes / 2 values, zeros behind them.
inline F load_doubled(const float* p, int64_t n) {
  const __m256i index = _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3);
  return _mm256_permutevar8x32_ps(_mm256_maskload_ps(p, first_lanes(n)), index);
}
/// (x0, x1) -> (x0 c - x1 s, x1 c + x0 s) in each pair of lanes.
inline F rotate_pairs(F x, F cos, F sin) {
  F swapped = _mm256_permute_ps(x, 0xb1);
  return _mm256_fmaddsub_ps(x, cos, _mm256_mul_ps(swapped, sin));
}

/// Rounds to BF16, ties to even; NaN becomes quiet.
inline __m128i round_to_bf16(F x) {
  __m256i u = _mm256_castps_si256(x);
  __m256i odd = _mm256_and_si256(_mm256_srli_epi32(u, 16), _mm256_set1_epi32(1));
  __m256i rounded =
      _mm256_srli_epi32(_mm256_add_epi32(_mm256_add_epi32(u, _mm256_set1_epi32(0x7fff)), odd), 16);
  __m256i quiet = _mm256_or_si256(_mm256_srli_epi32(u, 16), _mm256_set1_epi32(0x40));
  __m256i is_nan = _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q));
  __m256i words = _mm256_blendv_epi8(rounded, quiet, is_nan);
  return _mm_packus_epi32(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
}
inline void store_bf16(bf16* p, F x) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), round_to_bf16(x));
}
inline void store_bf16_first(bf16* p, F x, int64_t n) {
  alignas(16) bf16 all[kLanes];
  store_bf16(all, x);
  for (int64_t i = 0; i < n; ++i) p[i] = all[i];
}
