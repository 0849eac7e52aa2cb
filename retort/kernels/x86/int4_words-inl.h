// 4-bit weights where products are of f32: a word of 32 bits is 8 columns, vector v holds the v-th of each
// word, left where it stands: times 16^v, which the activations are divided by, and too large by 8, which a
// vector behind the activations takes away. Included after the vocabulary of group_products-inl.h and:
//   Ints, kLanes, load_words(p), and_bits(words, mask), shift_right_28(words), to_floats(ints)
//   group_scales(scales, group, column)

struct Int4 {
  using Vector = Sum;
  using Raw = Ints;
  static constexpr int64_t kStep = 8 * kLanes, kStepBytes = 4 * kLanes;
  static constexpr int kVectors = 8, kRows = 2, kCols = kLanes == 16 ? 4 : 2, kStreamedRows = 4;
  static constexpr int64_t kActivationBytes = (kVectors + 1) * kVectorBytes;
  static constexpr bool kRowScales = true, kBiased = true;

  static Raw load_raw(const std::byte* p) { return load_words(p); }
  template <int v>
  static Sum vector(Raw words) {
    // The highest nibble would be taken for a sign.
    return to_floats(v == 7 ? shift_right_28(words) : and_bits(words, 15 << (4 * v % 28)));
  }
  static Sum row_scale(const bf16* scales, int group, int64_t column) {
    return group_scales(scales, group, column);
  }

  static void store_activations(const float* x, std::byte* out) {
    for (int64_t j = 0; j < kGroupPadding; j += kStep, out += kActivationBytes) {
      auto* to = reinterpret_cast<float*>(out);
      for (int lane = 0; lane < kLanes; ++lane) {
        float sum = 0;
        for (int v = 0; v < kVectors; ++v) {
          const float value = to_f32(to_bf16(x[j + kVectors * lane + v]));
          to[v * kLanes + lane] = v == 7 ? value : value / static_cast<float>(1 << (4 * v % 28));
          sum += value;
        }
        to[kVectors * kLanes + lane] = -8 * sum;
      }
    }
  }
};
