// Pairs of BF16 and of E4M3 keys and values widened to f32, for levels without BF16 products. Included behind
// the vector vocabulary and `widen(p, even, odd)` and `widen_f8(p, even, odd)`, which load kLanes pairs.

template <int kBytes, bool kHasScales, void (*kWiden)(const std::byte*, F&, F&)>
struct F32Pairs {
  using Element = float;
  struct Pairs {
    F even, odd;
  };
  using Sum = F;
  static constexpr int kPairBytes = kBytes;
  static constexpr bool kScaled = kHasScales;

  static Pairs load(const std::byte* p) {
    Pairs pairs;
    kWiden(p, pairs.even, pairs.odd);
    return pairs;
  }
  static F none() { return zero(); }
  static F plus(F sum, const Pairs& pairs, const float* e) {
    return fma(pairs.odd, set(e[1]), fma(pairs.even, set(e[0]), sum));
  }
  static F value(F sum) { return sum; }
  static F start(const float* out, float alpha) { return mul(retort::kernels::load(out), set(alpha)); }
  static void finish(float* out, F sum, float, float) { store(out, sum); }
  static float store_query(const float* q, int n, float* e) {
    __builtin_memcpy(e, q, static_cast<size_t>(n) * sizeof(float));
    return 1.0f;
  }
  static float store_weights(const F* p, float* e) {
    RETORT_UNROLL
    for (int v = 0; v < kPageTokens / kLanes; ++v) store(e + v * kLanes, p[v]);
    return 1.0f;
  }
};

using Bf16Pairs = F32Pairs<4, false, widen>;
using F8Pairs = F32Pairs<2, true, widen_f8>;
