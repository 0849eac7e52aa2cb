// The elementwise kernels, written once over a vector vocabulary. Included by the file of each level, inside
// its target region. Tails use the same operations on partial vectors.

constexpr int64_t kStep = 4 * kLanes;  // four accumulators hide the latency of an addition

inline F plus_square(F acc, F x) {
  return fma(x, x, acc);
}

inline float sum_of_squares(const float* x, int64_t n) {
  F a = zero(), b = zero(), c = zero(), d = zero();
  int64_t j = 0;
  for (; j + kStep <= n; j += kStep) {
    a = plus_square(a, load(x + j));
    b = plus_square(b, load(x + j + kLanes));
    c = plus_square(c, load(x + j + 2 * kLanes));
    d = plus_square(d, load(x + j + 3 * kLanes));
  }
  for (; j + kLanes <= n; j += kLanes) a = plus_square(a, load(x + j));
  if (j < n) b = plus_square(b, load_first(x + j, n - j));
  return sum_of(add(add(a, b), add(c, d)));
}

void rms_norm(const float* x, const float* w, float eps, int64_t n, float* y) noexcept {
  float mean = sum_of_squares(x, n) / static_cast<float>(n);
  F inverse = set(1.0f / __builtin_sqrtf(mean + eps));
  int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes) store(y + j, mul(mul(load(x + j), inverse), load(w + j)));
  if (j < n) {
    F tail = mul(mul(load_first(x + j, n - j), inverse), load_first(w + j, n - j));
    store_first(y + j, tail, n - j);
  }
}

/// The two sums over a row that the gradient of RMSNorm needs, in one pass.
struct NormSums {
  float squares, products;  // sum x^2, sum w dy x
};

inline NormSums norm_sums(const float* x, const float* w, const float* dy, int64_t n) {
  F a = zero(), b = zero(), p = zero(), q = zero();
  int64_t j = 0;
  for (; j + 2 * kLanes <= n; j += 2 * kLanes) {
    const F u = load(x + j), v = load(x + j + kLanes);
    a = plus_square(a, u);
    b = plus_square(b, v);
    p = fma(mul(load(w + j), load(dy + j)), u, p);
    q = fma(mul(load(w + j + kLanes), load(dy + j + kLanes)), v, q);
  }
  for (; j < n; j += kLanes) {
    const int64_t m = n - j < kLanes ? n - j : kLanes;
    const bool whole = m == kLanes;
    const F u = whole ? load(x + j) : load_first(x + j, m);
    const F wv = whole ? load(w + j) : load_first(w + j, m), d = whole ? load(dy + j) : load_first(dy + j, m);
    a = plus_square(a, u);
    p = fma(mul(wv, d), u, p);
  }
  return {sum_of(add(a, b)), sum_of(add(p, q))};
}

template <bool kAdd>
inline void norm_gradients(const float* x, const float* w, const float* dy, float r, float along_x, int64_t n,
                           float* dx, float* dw) {
  const F rv = set(r), av = set(along_x);
  int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes) {
    const F u = load(x + j), d = load(dy + j);
    F g = fnma(av, u, mul(mul(load(w + j), d), rv));
    if constexpr (kAdd) g = add(load(dx + j), g);
    store(dx + j, g);
    store(dw + j, fma(d, mul(u, rv), load(dw + j)));
  }
  if (j < n) {
    const int64_t m = n - j;
    const F u = load_first(x + j, m), d = load_first(dy + j, m);
    F g = fnma(av, u, mul(mul(load_first(w + j, m), d), rv));
    if constexpr (kAdd) g = add(load_first(dx + j, m), g);
    store_first(dx + j, g, m);
    store_first(dw + j, fma(d, mul(u, rv), load_first(dw + j, m)), m);
  }
}

void rms_norm_backward(const float* x, const float* w, const float* dy, float eps, int64_t n, bool add_to_dx,
                       float* dx, float* dw) noexcept {
  const NormSums sums = norm_sums(x, w, dy, n);
  const float r = 1.0f / __builtin_sqrtf(sums.squares / static_cast<float>(n) + eps);
  const float along_x = r * r * r * sums.products / static_cast<float>(n);
  if (add_to_dx)
    norm_gradients<true>(x, w, dy, r, along_x, n, dx, dw);
  else
    norm_gradients<false>(x, w, dy, r, along_x, n, dx, dw);
}

struct Add {
  static F of(F a, F b) { return add(a, b); }
};
struct SiluMul {
  static F of(F gate, F up) { return mul(div(gate, add(set(1.0f), exp(sub(zero(), gate)))), up); }
};

template <typename Op>
inline void zip(const float* a, const float* b, int64_t n, float* y) {
  int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes) store(y + j, Op::of(load(a + j), load(b + j)));
  if (j < n) store_first(y + j, Op::of(load_first(a + j, n - j), load_first(b + j, n - j)), n - j);
}

void add_to(const float* y, int64_t n, float* x) noexcept {
  zip<Add>(x, y, n, x);
}
void silu_mul(const float* gate, const float* up, int64_t n, float* y) noexcept {
  zip<SiluMul>(gate, up, n, y);
}

struct SiluGradients {
  F gate, up;
};
inline SiluGradients silu_gradients(F gate, F up, F dy) {
  const F one = set(1.0f);
  const F s = div(one, add(one, exp(sub(zero(), gate))));
  // An infinite exponential leaves s = 0; gate (1 - s) stays finite, so the product is 0 as it should be.
  const F slope = mul(s, fma(gate, sub(one, s), one));
  return {mul(mul(dy, up), slope), mul(dy, mul(gate, s))};
}

void silu_mul_backward(const float* gate, const float* up, const float* dy, int64_t n, float* dgate,
                       float* dup) noexcept {
  int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes) {
    const SiluGradients d = silu_gradients(load(gate + j), load(up + j), load(dy + j));
    store(dgate + j, d.gate);
    store(dup + j, d.up);
  }
  if (j < n) {
    const int64_t m = n - j;
    const SiluGradients d =
        silu_gradients(load_first(gate + j, m), load_first(up + j, m), load_first(dy + j, m));
    store_first(dgate + j, d.gate, m);
    store_first(dup + j, d.up, m);
  }
}

void rope_half(float* x, const float* cos, const float* sin, int64_t half) noexcept {
  float* y = x + half;
  int64_t i = 0;
  for (; i + kLanes <= half; i += kLanes) {
    F a = load(x + i), b = load(y + i), c = load(cos + i), s = load(sin + i);
    store(x + i, fnma(b, s, mul(a, c)));
    store(y + i, fma(a, s, mul(b, c)));
  }
  if (i < half) {
    const int64_t n = half - i;
    F a = load_first(x + i, n), b = load_first(y + i, n), c = load_first(cos + i, n),
      s = load_first(sin + i, n);
    store_first(x + i, fnma(b, s, mul(a, c)), n);
    store_first(y + i, fma(a, s, mul(b, c)), n);
  }
}

void rope_interleaved(float* x, const float* cos, const float* sin, int64_t half) noexcept {
  constexpr int64_t kPairs = kLanes / 2;
  int64_t i = 0;
  for (; i + kPairs <= half; i += kPairs)
    store(x + 2 * i,
          rotate_pairs(load(x + 2 * i), load_doubled(cos + i, kPairs), load_doubled(sin + i, kPairs)));
  if (i < half) {
    const int64_t n = half - i;
    F y = rotate_pairs(load_first(x + 2 * i, 2 * n), load_doubled(cos + i, n), load_doubled(sin + i, n));
    store_first(x + 2 * i, y, 2 * n);
  }
}

/// -infinity if all are NaN.
inline float largest_value(const float* x, int64_t n) {
  const F lowest = set(-__builtin_inff());
  F a = lowest, b = lowest, c = lowest, d = lowest;
  int64_t j = 0;
  for (; j + kStep <= n; j += kStep) {
    a = largest(load(x + j), a);
    b = largest(load(x + j + kLanes), b);
    c = largest(load(x + j + 2 * kLanes), c);
    d = largest(load(x + j + 3 * kLanes), d);
  }
  for (; j + kLanes <= n; j += kLanes) a = largest(load(x + j), a);
  if (j < n) b = largest(select_first(load_first(x + j, n - j), lowest, n - j), b);
  return largest_of(largest(largest(a, b), largest(c, d)));
}

int64_t argmax(const float* x, int64_t n) noexcept {
  const F wanted = set(largest_value(x, n));
  int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes) {
    uint32_t equal = equal_lanes(load(x + j), wanted);
    if (equal != 0) return j + __builtin_ctz(equal);
  }
  if (j < n) {
    uint32_t equal = equal_lanes(load_first(x + j, n - j), wanted) & ((1u << (n - j)) - 1);
    if (equal != 0) return j + __builtin_ctz(equal);
  }
  return 0;
}

/// sum_j exp(x[j] - max), the terms written to y unless it is null. Partial sums of 512 terms are collected
/// in double, so that a vocabulary's worth of small terms is not lost beside a large one.
inline double sum_of_exp(const float* x, int64_t n, float max, float* y) {
  constexpr int64_t kChunk = 512;
  const F shift = set(max);
  double total = 0;
  for (int64_t begin = 0; begin < n; begin += kChunk) {
    const int64_t end = begin + kChunk < n ? begin + kChunk : n;
    F a = zero(), b = zero();
    int64_t j = begin;
    for (; j + 2 * kLanes <= end; j += 2 * kLanes) {
      F u = exp(sub(load(x + j), shift)), v = exp(sub(load(x + j + kLanes), shift));
      a = add(a, u);
      b = add(b, v);
      if (y != nullptr) {
        store(y + j, u);
        store(y + j + kLanes, v);
      }
    }
    for (; j < end; j += kLanes) {
      const int64_t m = end - j < kLanes ? end - j : kLanes;
      F u = m == kLanes ? load(x + j) : load_first(x + j, m);
      u = select_first(exp(sub(u, shift)), zero(), m);
      a = add(a, u);
      if (y == nullptr) continue;
      m == kLanes ? store(y + j, u) : store_first(y + j, u, m);
    }
    total += static_cast<double>(sum_of(add(a, b)));
  }
  return total;
}

float log_sum_exp(const float* x, int64_t n) noexcept {
  float max = largest_value(x, n);
  return static_cast<float>(static_cast<double>(max) + std::log(sum_of_exp(x, n, max, nullptr)));
}

float softmax(float* x, int64_t n) noexcept {
  float max = largest_value(x, n);
  double total = sum_of_exp(x, n, max, x);
  const F inverse = set(static_cast<float>(1.0 / total));
  int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes) store(x + j, mul(load(x + j), inverse));
  if (j < n) store_first(x + j, mul(load_first(x + j, n - j), inverse), n - j);
  return static_cast<float>(static_cast<double>(max) + std::log(total));
}

void to_bf16_row(const float* x, int64_t n, bf16* y) noexcept {
  int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes) store_bf16(y + j, load(x + j));
  if (j < n) store_bf16_first(y + j, load_first(x + j, n - j), n - j);
}
