// Pairs of 8-bit keys and values against operands rounded to 16 bits, in whole numbers: exact but for the
// rounding of the operands (1 in 65534 of a row's largest). A sum of 256 products of 127 and 32767 stays
// below 2^31. Included behind the vector vocabulary and these words on vectors of whole numbers:
//
//   I, no_pairs(), load_q8(p)          kLanes pairs widened to 16 bits
//   multiply_add(sum, pairs, e)        sum + pairs . (e[0], e[1])
//   to_float(i), store_s16(e, x)       the latter rounds to nearest, ties to even

struct Q8Pairs {
  using Element = int16_t;
  using Pairs = I;
  using Sum = I;
  static constexpr int kPairBytes = 2;
  static constexpr bool kScaled = true;

  static I load(const std::byte* p) { return load_q8(p); }
  static I none() { return no_pairs(); }
  static I plus(I sum, I pairs, const int16_t* e) { return multiply_add(sum, pairs, e); }
  static F value(I sum) { return to_float(sum); }
  static I start(const float*, float) { return no_pairs(); }
  static void finish(float* out, I sum, float alpha, float scale) {
    store(out, fma(to_float(sum), set(scale), mul(retort::kernels::load(out), set(alpha))));
  }
  /// Returns the scale of the rounded query.
  static float store_query(const float* q, int n, int16_t* e) {
    F highest = zero();
    for (int d = 0; d < n; d += kLanes) highest = largest(absolute(retort::kernels::load(q + d)), highest);
    const float largest_element = largest_of(highest);
    const F inverse = set(largest_element > 0 ? 32767.0f / largest_element : 0.0f);
    for (int d = 0; d < n; d += kLanes) store_s16(e + d, mul(retort::kernels::load(q + d), inverse));
    return largest_element / 32767.0f;
  }
  static float store_weights(const F* p, int16_t* e) {
    F highest = zero();
    RETORT_UNROLL
    for (int v = 0; v < kPageTokens / kLanes; ++v) highest = largest(p[v], highest);
    const float largest_weight = largest_of(highest);
    const F inverse = set(largest_weight > 0 ? 32767.0f / largest_weight : 0.0f);
    RETORT_UNROLL
    for (int v = 0; v < kPageTokens / kLanes; ++v) store_s16(e + v * kLanes, mul(p[v], inverse));
    return largest_weight / 32767.0f;
  }
};
