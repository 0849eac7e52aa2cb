// E4M3 as BF16, which holds all its values, at AVX-512 VBMI and BF16. Included inside a target region.

/// The bytes of the BF16 of each of the 128 codes of f8_e4m3 without sign.
struct F8Bytes {
  alignas(64) uint8_t low[128], high[128];
};
constexpr F8Bytes make_f8_bytes(bool with_nan) {
  F8Bytes bytes{};
  for (int code = 0; code < 128; ++code) {
    int exponent = code >> 3, mantissa = code & 7;
    int bits = (exponent + 120) << 7 | mantissa << 4;  // biases 127 and 7
    if (code == 0) bits = 0;
    if (code == 127 && with_nan) bits = 0x7fc0;
    if (exponent == 0 && mantissa != 0) {
      // A subnormal, mantissa * 2^-9, is a normal BF16.
      int shift = mantissa >= 4 ? 1 : mantissa >= 2 ? 2 : 3;
      bits = (121 - shift) << 7 | ((mantissa << shift & 7) << 4);
    }
    bytes.low[code] = static_cast<uint8_t>(bits & 255);
    bytes.high[code] = static_cast<uint8_t>(bits >> 8);
  }
  return bytes;
}
constexpr F8Bytes kF8Bytes = make_f8_bytes(true);
constexpr F8Bytes kF8FiniteBytes = make_f8_bytes(false);  // 480 for NaN

/// Interleaving the low and high bytes leaves columns 16 l + [0, 8) of every lane l in v[0], 16 l + [8, 16)
/// in v[1].
inline void f8_to_bf16(__m512i code, __m512i* v) {
  const __m512i low =
      _mm512_permutex2var_epi8(_mm512_load_si512(kF8Bytes.low), code, _mm512_load_si512(kF8Bytes.low + 64));
  const __m512i high =
      _mm512_permutex2var_epi8(_mm512_load_si512(kF8Bytes.high), code, _mm512_load_si512(kF8Bytes.high + 64));
  constexpr int kOrAnd = 0xf8;  // a | (b & c)
  const __m512i top = _mm512_ternarylogic_epi32(high, code, _mm512_set1_epi8(-128), kOrAnd);
  v[0] = _mm512_unpacklo_epi8(low, top);
  v[1] = _mm512_unpackhi_epi8(low, top);
}

/// 32 codes, one to a word, as BF16 in their order. A NaN becomes 480: for bytes that nobody has written.
inline __m512i f8_words_to_bf16(__m512i code) {
  const auto& bytes = kF8FiniteBytes;
  const __m512i low =
      _mm512_permutex2var_epi8(_mm512_load_si512(bytes.low), code, _mm512_load_si512(bytes.low + 64));
  const __m512i high =
      _mm512_permutex2var_epi8(_mm512_load_si512(bytes.high), code, _mm512_load_si512(bytes.high + 64));
  constexpr int kOrAnd = 0xf8;  // a | (b & c)
  const __m512i signed_low = _mm512_ternarylogic_epi32(low, _mm512_slli_epi16(code, 8),
                                                       _mm512_set1_epi16(static_cast<short>(0x8000)), kOrAnd);
  return _mm512_or_si512(signed_low, _mm512_slli_epi16(high, 8));
}

/// 32 activations, those of x_0 first.
inline __m512i to_bf16_pair(__m512 x_0, __m512 x_1, float scale) {
  const __m512 s = _mm512_set1_ps(scale);
  return (__m512i)_mm512_cvtne2ps_pbh(_mm512_mul_ps(x_1, s), _mm512_mul_ps(x_0, s));
}

/// 64 activations in the order of f8_to_bf16.
inline void store_f8_activations(const float* x, float scale, std::byte* out) {
  const __m512i a = to_bf16_pair(_mm512_loadu_ps(x), _mm512_loadu_ps(x + 16), scale);
  const __m512i b = to_bf16_pair(_mm512_loadu_ps(x + 32), _mm512_loadu_ps(x + 48), scale);
  _mm512_storeu_si512(out, _mm512_shuffle_i64x2(a, b, 0x88));       // lanes 0 and 2 of a, then of b
  _mm512_storeu_si512(out + 64, _mm512_shuffle_i64x2(a, b, 0xdd));  // lanes 1 and 3
}
