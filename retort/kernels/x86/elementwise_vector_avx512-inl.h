// The vector vocabulary at AVX-512: 16 lanes of f32. Included once by a source file, inside a target region.
// x86/elementwise_vector_avx2-inl.h says the same words for 8 lanes.

using F = __m512;
constexpr int kLanes = 16;

inline __mmask16 first_lanes(int64_t n) {
  return static_cast<__mmask16>((1u << n) - 1);
}
inline F zero() {
  return _mm512_setzero_ps();
}
inline F set(float x) {
  return _mm512_set1_ps(x);
}
inline F load(const float* p) {
  return _mm512_loadu_ps(p);
}
/// The first n < kLanes values; zeros behind them. Reads no further.
inline F load_first(const float* p, int64_t n) {
  return _mm512_maskz_loadu_ps(first_lanes(n), p);
}
inline void store(float* p, F x) {
  _mm512_storeu_ps(p, x);
}
inline void store_first(float* p, F x, int64_t n) {
  _mm512_mask_storeu_ps(p, first_lanes(n), x);
}
/// Lanes below n (0 <= n <= kLanes) from x, the others from y.
inline F select_first(F x, F y, int64_t n) {
  return _mm512_mask_blend_ps(first_lanes(n), y, x);
}
inline F add(F a, F b) {
  return _mm512_add_ps(a, b);
}
inline F sub(F a, F b) {
  return _mm512_sub_ps(a, b);
}
inline F mul(F a, F b) {
  return _mm512_mul_ps(a, b);
}
inline F div(F a, F b) {
  return _mm512_div_ps(a, b);
}
/// a * b + c
inline F fma(F a, F b, F c) {
  return _mm512_fmadd_ps(a, b, c);
}
/// c - a * b
inline F fnma(F a, F b, F c) {
  return _mm512_fnmadd_ps(a, b, c);
}
/// A NaN in a yields b.
inline F largest(F a, F b) {
  return _mm512_max_ps(a, b);
}
/// A NaN in b stays.
inline F smallest(F a, F b) {
  return _mm512_min_ps(a, b);
}
inline F absolute(F x) {
  return _mm512_abs_ps(x);
}
inline F nearest(F x) {
  return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
/// x * 2^n for whole n, rounded once: subnormals, zero and infinity come out right.
inline F scale_by_power(F x, F n) {
  return _mm512_scalef_ps(x, n);
}
inline float sum_of(F x) {
  return _mm512_reduce_add_ps(x);
}
inline float largest_of(F x) {
  return _mm512_reduce_max_ps(x);
}
/// Bit i: lane i of a equals lane i of b.
inline uint32_t equal_lanes(F a, F b) {
  return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ);
}
/// p[0], p[0], p[1], p[1], ...: n <= kLanes / 2 values, zeros behind them.
inline F load_doubled(const float* p, int64_t n) {
  const __m512i index = _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
  return _mm512_permutexvar_ps(index, _mm512_maskz_loadu_ps(first_lanes(n), p));
}
/// (x0, x1) -> (x0 c - x1 s, x1 c + x0 s) in each pair of lanes.
inline F rotate_pairs(F x, F cos, F sin) {
  F swapped = _mm512_permute_ps(x, 0xb1);
  return _mm512_fmaddsub_ps(x, cos, _mm512_mul_ps(swapped, sin));
}

/// Rounds to BF16, ties to even; NaN becomes quiet.
inline __m256i round_to_bf16(F x) {
  __m512i u = _mm512_castps_si512(x);
  __m512i odd = _mm512_and_si512(_mm512_srli_epi32(u, 16), _mm512_set1_epi32(1));
  __m512i rounded =
      _mm512_srli_epi32(_mm512_add_epi32(_mm512_add_epi32(u, _mm512_set1_epi32(0x7fff)), odd), 16);
  __m512i quiet = _mm512_or_si512(_mm512_srli_epi32(u, 16), _mm512_set1_epi32(0x40));
  __mmask16 is_nan = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
  return _mm512_cvtepi32_epi16(_mm512_mask_blend_epi32(is_nan, rounded, quiet));
}
inline void store_bf16(bf16* p, F x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), round_to_bf16(x));
}
inline void store_bf16_first(bf16* p, F x, int64_t n) {
  _mm256_mask_storeu_epi16(p, first_lanes(n), round_to_bf16(x));
}
