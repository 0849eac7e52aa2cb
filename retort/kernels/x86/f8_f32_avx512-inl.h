// E4M3 widened to f32 at AVX-512. Included inside a target region.

/// Moved up by 7 bits, a code without its sign is an f16 of 1/256 of its value (biases 15 and 7), subnormal
/// codes included.
inline void widen_f8(const std::byte* p, __m512* v) {
  const __m512i code = _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  const __m512i half =
      _mm512_and_si512(_mm512_slli_epi16(code, 7), _mm512_set1_epi16(static_cast<short>(0xbf80)));
  const __m512i magnitude = _mm512_and_si512(code, _mm512_set1_epi16(0x7f));
  const __mmask32 nan = _mm512_cmpeq_epi16_mask(magnitude, _mm512_set1_epi16(0x7f));
  const __m512i f16 = _mm512_mask_set1_epi16(half, nan, 0x7fff);
  const __m512 scale = _mm512_set1_ps(256.0f);
  v[0] = _mm512_mul_ps(_mm512_cvtph_ps(_mm512_castsi512_si256(f16)), scale);
  v[1] = _mm512_mul_ps(_mm512_cvtph_ps(_mm512_extracti64x4_epi64(f16, 1)), scale);
}
