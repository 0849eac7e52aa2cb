// Transposition of tiles of 32-bit values at AVX-512. Included inside a target region.

/// A quarter of a transposition: lanes of pairs of rows.
inline void turn_quads(const __m512 (&in)[4], __m512 (&out)[4]) {
  const __m512d ab_low = _mm512_castps_pd(_mm512_unpacklo_ps(in[0], in[1]));
  const __m512d ab_high = _mm512_castps_pd(_mm512_unpackhi_ps(in[0], in[1]));
  const __m512d cd_low = _mm512_castps_pd(_mm512_unpacklo_ps(in[2], in[3]));
  const __m512d cd_high = _mm512_castps_pd(_mm512_unpackhi_ps(in[2], in[3]));
  out[0] = _mm512_castpd_ps(_mm512_unpacklo_pd(ab_low, cd_low));
  out[1] = _mm512_castpd_ps(_mm512_unpackhi_pd(ab_low, cd_low));
  out[2] = _mm512_castpd_ps(_mm512_unpacklo_pd(ab_high, cd_high));
  out[3] = _mm512_castpd_ps(_mm512_unpackhi_pd(ab_high, cd_high));
}

/// out[c * ldo + j] = x[j * ldx + c] of 16 x 16 values.
inline void turn_tile(const float* x, int64_t ldx, float* out, int64_t ldo) {
  __m512 quads[4][4];  // quads[g][i]: in lane l column 4 l + i of rows 4 g to 4 g + 3
  RETORT_UNROLL
  for (int g = 0; g < 4; ++g) {
    __m512 rows[4];
    RETORT_UNROLL
    for (int r = 0; r < 4; ++r) rows[r] = _mm512_loadu_ps(x + (4 * g + r) * ldx);
    turn_quads(rows, quads[g]);
  }
  RETORT_UNROLL
  for (int i = 0; i < 4; ++i) {
    const __m512 ab_even = _mm512_shuffle_f32x4(quads[0][i], quads[1][i], 0x88);
    const __m512 ab_odd = _mm512_shuffle_f32x4(quads[0][i], quads[1][i], 0xdd);
    const __m512 cd_even = _mm512_shuffle_f32x4(quads[2][i], quads[3][i], 0x88);
    const __m512 cd_odd = _mm512_shuffle_f32x4(quads[2][i], quads[3][i], 0xdd);
    _mm512_storeu_ps(out + i * ldo, _mm512_shuffle_f32x4(ab_even, cd_even, 0x88));
    _mm512_storeu_ps(out + (4 + i) * ldo, _mm512_shuffle_f32x4(ab_odd, cd_odd, 0x88));
    _mm512_storeu_ps(out + (8 + i) * ldo, _mm512_shuffle_f32x4(ab_even, cd_even, 0xdd));
    _mm512_storeu_ps(out + (12 + i) * ldo, _mm512_shuffle_f32x4(ab_odd, cd_odd, 0xdd));
  }
}
