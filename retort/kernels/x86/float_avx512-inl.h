// The vector vocabulary of float products at AVX-512: f32 operands of 16 columns. Included inside a target
// region, before float_products-inl.h.

#include "retort/kernels/x86/turn_avx512-inl.h"

using Sum = __m512;
constexpr int kVectorBytes = 64;

inline Sum zero() {
  return _mm512_setzero_ps();
}
inline void load(const std::byte* p, __m512& v) {
  v = _mm512_loadu_ps(p);
}
inline void save(std::byte* p, __m512 v) {
  _mm512_store_ps(p, v);
}
inline Sum multiply_add(Sum sum, __m512 w, __m512 x) {
  return _mm512_fmadd_ps(w, x, sum);
}

/// Four accumulators to four partial sums in each of the four 128-bit lanes.
inline __m512 fold_four(__m512 a, __m512 b, __m512 c, __m512 d) {
  const __m512 ab = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
  const __m512 cd = _mm512_add_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
  const __m512d ab_pd = _mm512_castps_pd(ab), cd_pd = _mm512_castps_pd(cd);
  return _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(ab_pd, cd_pd)),
                       _mm512_castpd_ps(_mm512_unpackhi_pd(ab_pd, cd_pd)));
}

inline __m512 fold_lanes(__m512 a, __m512 b) {
  return _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xdd));
}

/// Adds the horizontal sums of kCount accumulators to totals. The order is the same for every accumulator.
template <int kCount>
inline void add_sums(const Sum (&sums)[kCount], float* totals) {
  constexpr int kLast = kCount - 1;
  RETORT_UNROLL
  for (int i = 0; i < kCount; i += 16) {
    __m512 quads[4];
    RETORT_UNROLL
    for (int q = 0; q < 4; ++q) {
      const int at = i + 4 * q;
      quads[q] = at > kLast ? quads[q - 1]
                            : fold_four(sums[at], sums[std::min(at + 1, kLast)],
                                        sums[std::min(at + 2, kLast)], sums[std::min(at + 3, kLast)]);
    }
    const __m512 total = fold_lanes(fold_lanes(quads[0], quads[1]), fold_lanes(quads[2], quads[3]));
    _mm512_store_ps(totals + i, _mm512_add_ps(_mm512_load_ps(totals + i), total));
  }
}

// ---- weights and activations as f32 --------------------------------------------------------------------

/// x rounded to the nearest BF16, ties to even, as f32; NaN stays NaN.
inline __m512 rounded_to_bf16(__m512 x) {
  const __m512i u = _mm512_castps_si512(x);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(u, 16), _mm512_set1_epi32(1));
  const __m512i sum = _mm512_add_epi32(u, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
  const __m512i high = _mm512_and_si512(sum, _mm512_set1_epi32(static_cast<int>(0xffff0000u)));
  return _mm512_mask_mov_ps(_mm512_castsi512_ps(high), _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q), x);
}

/// What all formats share whose operands are f32.
struct F32Operands {
  using Vector = __m512;
  static constexpr int64_t kElementBytes = 4;
  static constexpr int kTileColumns = 6;
  static constexpr int kStreamedRows[] = {8, 8, 8, 6, 4, 4};  // of a tile, by its columns less one
  static constexpr int kRawTileColumns = 6;
  static constexpr int64_t kRawColumns = 32;
};

struct F32Weights : F32Operands {
  static constexpr int kColumns = 16, kVectors = 1;
  static constexpr int64_t kWeightBytes = 4;
};
inline void expand(F32Weights, const std::byte* p, __m512* v) {
  v[0] = _mm512_loadu_ps(p);
}
inline void store_activations(F32Weights, const float* x, float scale, std::byte* out) {
  _mm512_storeu_ps(out, _mm512_mul_ps(_mm512_loadu_ps(x), _mm512_set1_ps(scale)));
}

struct F16Weights : F32Operands {
  static constexpr int kColumns = 16, kVectors = 1;
  static constexpr int64_t kWeightBytes = 2;
};
inline void expand(F16Weights, const std::byte* p, __m512* v) {
  v[0] = _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
inline void store_activations(F16Weights, const float* x, float scale, std::byte* out) {
  store_activations(F32Weights{}, x, scale, out);
}
