// Scales of groups of 32, 64 or 128 columns at AVX-512, where a lane holds 8 columns in a row. Included
// inside a target region.

/// Words to be gathered, as vpermw and vpermt2w take them.
struct Words {
  alignas(64) uint16_t at[32];
};
/// Word 2 l + 1 of lane l takes the scale of its columns 8 l to 8 l + 7.
constexpr Words scale_words(int group) {
  Words words{};
  for (int lane = 0; lane < 16; ++lane)
    for (int word : {0, 1}) words.at[2 * lane + word] = static_cast<uint16_t>(8 * lane / group);
  return words;
}
constexpr Words kScaleWords[] = {scale_words(32), scale_words(64), scale_words(128)};

/// The scales of 128 columns from `column`, a multiple of 128, on: as f32, lane by lane.
inline __m512 group_scales(const bf16* scales, int group, int64_t column) {
  long long four;
  std::memcpy(&four, scales + column / 128 * (128 / group), sizeof four);
  const __m512i words = _mm512_load_si512(kScaleWords[group / 64].at);
  return _mm512_castsi512_ps(_mm512_maskz_permutexvar_epi16(0xaaaaaaaau, words, _mm512_set1_epi64(four)));
}
