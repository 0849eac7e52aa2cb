// Transposition of tiles of 32-bit values at AVX2. Included inside a target region.

/// out[c * ldo + j] = x[j * ldx + c] of 8 x 8 values.
inline void turn_eight(const float* x, int64_t ldx, float* out, int64_t ldo) {
  __m256 quads[2][4];  // quads[g][i]: columns i and 4 + i of rows 4 g to 4 g + 3
  RETORT_UNROLL
  for (int g = 0; g < 2; ++g) {
    __m256d low[2], high[2];
    RETORT_UNROLL
    for (int h = 0; h < 2; ++h) {
      const __m256 a = _mm256_loadu_ps(x + (4 * g + 2 * h) * ldx);
      const __m256 b = _mm256_loadu_ps(x + (4 * g + 2 * h + 1) * ldx);
      low[h] = _mm256_castps_pd(_mm256_unpacklo_ps(a, b));
      high[h] = _mm256_castps_pd(_mm256_unpackhi_ps(a, b));
    }
    quads[g][0] = _mm256_castpd_ps(_mm256_unpacklo_pd(low[0], low[1]));
    quads[g][1] = _mm256_castpd_ps(_mm256_unpackhi_pd(low[0], low[1]));
    quads[g][2] = _mm256_castpd_ps(_mm256_unpacklo_pd(high[0], high[1]));
    quads[g][3] = _mm256_castpd_ps(_mm256_unpackhi_pd(high[0], high[1]));
  }
  RETORT_UNROLL
  for (int i = 0; i < 4; ++i) {
    _mm256_storeu_ps(out + i * ldo, _mm256_permute2f128_ps(quads[0][i], quads[1][i], 0x20));
    _mm256_storeu_ps(out + (4 + i) * ldo, _mm256_permute2f128_ps(quads[0][i], quads[1][i], 0x31));
  }
}

/// The same of 16 x 16 values.
inline void turn_tile(const float* x, int64_t ldx, float* out, int64_t ldo) {
  turn_eight(x, ldx, out, ldo);
  turn_eight(x + 8, ldx, out + 8 * ldo, ldo);
  turn_eight(x + 8 * ldx, ldx, out + 8, ldo);
  turn_eight(x + 8 * ldx + 8, ldx, out + 8 * ldo + 8, ldo);
}
