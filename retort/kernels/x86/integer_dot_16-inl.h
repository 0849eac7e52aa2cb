// The dot product of integer_products-inl.h for levels without vpdpbusd. maddubs saturates at 16 bits, so
// only as many products are added there as fit: 8 of nibbles, 4 of 5 bits, 2 of 6 bits. A byte of bias 128
// does not fit even once: it goes back to a signed one, whose sign moves to the activation.

constexpr bool kSignedBytes = true;

/// Quads whose sums fit into 16 bits: each adds two products of at most kLargest * 127.
template <int kLargest>
constexpr int kAddable = 32767 / (2 * 127 * kLargest);
static_assert(kAddable<15> == 8 && kAddable<31> == 4 && kAddable<63> == 2);

template <int kLargest, int n_quads, int NY>
RETORT_INLINE void dot(const Ints* w, const int8_t* y, Ints (&acc)[NY]) {
  if constexpr (kLargest == 255) {
    for (int v = 0; v < n_quads; ++v) {
      const Signed s = unbias(w[v]);  // magnitudes up to 128: 2 * 128 * 127 fits
      for (int c = 0; c < NY; ++c) {
        const Ints signed_y = apply_sign(splat_4(y + kActivationGroup * c + 4 * v), s);
        acc[c] = add(acc[c], widen_pairs(multiply_pairs(s.magnitude, signed_y)));
      }
    }
  } else {
    constexpr int n = std::min(kAddable<kLargest>, n_quads);
    for (int v = 0; v < n_quads; v += n) {
      for (int c = 0; c < NY; ++c) {
        const int8_t* column = y + kActivationGroup * c + 4 * v;
        Ints pairs = multiply_pairs(w[v], splat_4(column));
        for (int i = 1; i < n; ++i)
          pairs = add_pairs(pairs, multiply_pairs(w[v + i], splat_4(column + 4 * i)));
        acc[c] = add(acc[c], widen_pairs(pairs));
      }
    }
  }
}
