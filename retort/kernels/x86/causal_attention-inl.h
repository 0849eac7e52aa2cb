// The backward pass of causal attention in blocks of 64 queries by 64 keys (FlashAttention-2, Dao 2023,
// algorithm 2), written once over a vector vocabulary. Included by the file of each level, inside its target
// region, behind the vocabulary, exp, turn_tile and a kind of operands:
//
//   Element, kPer          an operand's element; neighbours along a product's inner dimension that are
//                          multiplied by one instruction: 2 of BF16, 1 of f32
//   Operand, load(p)       kLanes * kPer elements: kPer inner ones of each of kLanes columns, side by side
//   plus(sum, b, e)        sum + b . e in every column, e being kPer elements
//   store_row(out, x)      kLanes values as elements
//   store_inner(out, stride, x, y)   row x and the next row y as inner elements of kLanes columns: pairs side
//   by
//                          side, or rows `stride` elements apart
//   cached(x)              x as the forward pass saw it in the cache
//
// All five products are sums of outer products: the inner dimension runs outermost, one element (or pair) of
// a row is broadcast, columns lie in lanes. So nothing is summed horizontally, and P and dS need no
// transposing:
//   S  = Q K^T    row-wise Q    by K with dimensions inside   (turned once per document)
//   dP = dY V^T   row-wise dY   by V likewise
//   dQ = dS K     row-wise dS   by K with tokens inside
//   dV = P^T dY   P and dY with tokens inside
//   dK = dS^T Q   dS and Q with tokens inside

constexpr int64_t kBlock = 64;  // queries and keys of a block
constexpr int kTileRows = 4;    // rows at a time: with 4 vectors of columns, enough sums to hide latency
constexpr int64_t kBlockVectors = kBlock / kLanes;

using Element = Kind::Element;

/// a[r][p] is at a + r * row + p * inner (kPer elements), b[p] at b + p * inner.
struct Left {
  const Element* a;
  int64_t row, inner;
};
struct Right {
  const Element* b;
  int64_t inner;
};

/// c[r][columns] (+)= sum over p of a[r][p] b[p] for kTileRows rows and N vectors of columns.
template <int N, bool kAdd>
inline void tile(Left left, Right right, int64_t groups, float* c, int64_t c_row) {
  F sums[kTileRows][N];
  RETORT_UNROLL
  for (int r = 0; r < kTileRows; ++r) {
    RETORT_UNROLL
    for (int n = 0; n < N; ++n) sums[r][n] = kAdd ? load(c + r * c_row + n * kLanes) : zero();
  }
  for (int64_t p = 0; p < groups; ++p) {
    typename Kind::Operand b[N];
    RETORT_UNROLL
    for (int n = 0; n < N; ++n) b[n] = Kind::load(right.b + p * right.inner + n * kLanes * Kind::kPer);
    RETORT_UNROLL
    for (int r = 0; r < kTileRows; ++r) {
      RETORT_UNROLL
      for (int n = 0; n < N; ++n)
        sums[r][n] = Kind::plus(sums[r][n], b[n], left.a + r * left.row + p * left.inner);
    }
  }
  RETORT_UNROLL
  for (int r = 0; r < kTileRows; ++r) {
    RETORT_UNROLL
    for (int n = 0; n < N; ++n) store(c + r * c_row + n * kLanes, sums[r][n]);
  }
}

/// The same for any number of vectors of columns.
template <bool kAdd>
inline void tiles(Left left, Right right, int64_t groups, int64_t vectors, float* c, int64_t c_row) {
  int64_t v = 0;
  const auto from = [&] { return Right{right.b + v * kLanes * Kind::kPer, right.inner}; };
  if constexpr (kLanes == 16)
    for (; v + 4 <= vectors; v += 4) tile<4, kAdd>(left, from(), groups, c + v * kLanes, c_row);
  for (; v + 2 <= vectors; v += 2) tile<2, kAdd>(left, from(), groups, c + v * kLanes, c_row);
  if (v < vectors) tile<1, kAdd>(left, from(), groups, c + v * kLanes, c_row);
}

/// A document's tokens in whole blocks.
inline int64_t padded(int64_t n_tokens) {
  return (n_tokens + kBlock - 1) / kBlock * kBlock;
}

/// What is kept of a document for one key-value head; queries and gradients of one head of the group.
struct Arrays {
  Element *k_turned, *v_turned;  // [head_dim / kPer][padded tokens][kPer]
  Element* k_inner;              // [padded tokens / kPer][head_dim][kPer]
  Element *q_rows, *dy_rows;     // [padded tokens][head_dim]
  Element *q_inner, *dy_inner;   // as k_inner
  float* along_y;                // [padded tokens] dy . y

  /// The same layout for sizing (scratch null) and for working.
  static size_t place(Arrays& arrays, std::byte* scratch, int64_t n_tokens, int64_t head_dim) {
    const auto n = static_cast<size_t>(padded(n_tokens));
    const size_t bytes = n * static_cast<size_t>(head_dim) * sizeof(Element);
    size_t at = 0;
    auto here = [&] { return scratch == nullptr ? nullptr : scratch + at; };
    for (Element** part : {&arrays.k_turned, &arrays.v_turned, &arrays.k_inner, &arrays.q_rows,
                           &arrays.dy_rows, &arrays.q_inner, &arrays.dy_inner}) {
      *part = reinterpret_cast<Element*>(here());
      at += bytes;
    }
    arrays.along_y = reinterpret_cast<float*>(here());
    return at + n * sizeof(float);
  }
};

/// Rows of x as elements, row by row, and zeros behind the last.
inline void put_rows(const float* x, int64_t x_row, int64_t n, int64_t head_dim, bool through_cache,
                     Element* out) {
  for (int64_t t = 0; t < padded(n); ++t)
    for (int64_t d = 0; d < head_dim; d += kLanes) {
      F value = t < n ? load(x + t * x_row + d) : zero();
      if (through_cache) value = Kind::cached(value);
      Kind::store_row(out + t * head_dim + d, value);
    }
}

/// The same with tokens inside.
inline void put_inner(const float* x, int64_t x_row, int64_t n, int64_t head_dim, bool through_cache,
                      Element* out) {
  for (int64_t t = 0; t < padded(n); t += 2)
    for (int64_t d = 0; d < head_dim; d += kLanes) {
      F a = t < n ? load(x + t * x_row + d) : zero(), b = t + 1 < n ? load(x + (t + 1) * x_row + d) : zero();
      if (through_cache) a = Kind::cached(a), b = Kind::cached(b);
      Kind::store_inner(out + t * head_dim + d * Kind::kPer, head_dim, a, b);
    }
}

/// Rows of elements turned: the kPer neighbours of 4 bytes stay together.
inline void turn_rows(const Element* rows, int64_t n_padded, int64_t head_dim, Element* out) {
  const auto* from = reinterpret_cast<const float*>(rows);
  auto* to = reinterpret_cast<float*>(out);
  const int64_t units = head_dim / Kind::kPer;
  for (int64_t t = 0; t < n_padded; t += 16) {
    int64_t u = 0;
    for (; u + 16 <= units; u += 16) turn_tile(from + t * units + u, units, to + u * n_padded + t, n_padded);
    for (; u < units; ++u)
      for (int64_t i = t; i < t + 16; ++i)
        __builtin_memcpy(to + u * n_padded + i, from + i * units + u, sizeof(float));
  }
}

/// P and dS of one block in the forms that products read.
struct BlockWeights {
  alignas(64) Element p[kBlock * kBlock];        // queries inside: [kBlock / kPer][kBlock keys][kPer]
  alignas(64) Element ds[kBlock * kBlock];       // likewise
  alignas(64) Element ds_rows[kBlock * kBlock];  // [kBlock queries][kBlock keys]
};

class Backward {
 public:
  Backward(const CausalHead<float>& head, const CausalGradients<float>& gradients, std::byte* scratch)
      : head_(head), g_(gradients), n_(head.n_tokens), d_(head.head_dim), n_padded_(padded(head.n_tokens)) {
    Arrays::place(arrays_, scratch, n_, d_);
  }

  void run() {
    prepare_keys();
    for (int h = 0; h < head_.group; ++h) {
      prepare_queries(h);
      for (int64_t i0 = 0; i0 < n_; i0 += kBlock)
        for (int64_t j0 = 0; j0 <= i0; j0 += kBlock) block(h, i0, j0);
    }
  }

 private:
  void prepare_keys() {
    Element* rows = arrays_.q_rows;  // not in use yet
    put_rows(head_.k, head_.kv_stride, n_, d_, true, rows);
    turn_rows(rows, n_padded_, d_, arrays_.k_turned);
    put_rows(head_.v, head_.kv_stride, n_, d_, true, rows);
    turn_rows(rows, n_padded_, d_, arrays_.v_turned);
    put_inner(head_.k, head_.kv_stride, n_, d_, true, arrays_.k_inner);
    for (int64_t t = 0; t < n_; ++t)
      for (int64_t d = 0; d < d_; d += kLanes) {
        store(g_.dk + t * head_.kv_stride + d, zero());
        store(g_.dv + t * head_.kv_stride + d, zero());
      }
  }

  void prepare_queries(int h) {
    const int64_t at = int64_t{h} * d_;
    put_rows(head_.q + at, head_.q_stride, n_, d_, false, arrays_.q_rows);
    put_rows(g_.dy + at, head_.q_stride, n_, d_, false, arrays_.dy_rows);
    put_inner(head_.q + at, head_.q_stride, n_, d_, false, arrays_.q_inner);
    put_inner(g_.dy + at, head_.q_stride, n_, d_, false, arrays_.dy_inner);
    for (int64_t t = 0; t < n_; ++t) {
      F sum = zero();
      for (int64_t d = 0; d < d_; d += kLanes)
        sum = fma(load(g_.dy + t * head_.q_stride + at + d), load(g_.y + t * head_.q_stride + at + d), sum);
      arrays_.along_y[t] = sum_of(sum);
    }
  }

  /// Queries [i0, i0 + kBlock) and keys [j0, j0 + kBlock) of one head.
  void block(int h, int64_t i0, int64_t j0) {
    const int64_t rows = n_ - i0 < kBlock ? n_ - i0 : kBlock;
    for (int64_t r = 0; r < rows; r += kTileRows) {
      weigh(h, i0 + r, j0, r);
      add_query_gradients(h, i0 + r, j0, r);
    }
    add_key_gradients(i0, j0, rows);
  }

  /// P and dS of kTileRows queries from i on.
  void weigh(int h, int64_t i, int64_t j0, int64_t row) {
    alignas(64) float s[kTileRows * kBlock], dp[kTileRows * kBlock];
    const int64_t keys = i + kTileRows - j0 < kBlock ? i + kTileRows - j0 : kBlock;
    const int64_t vectors = (keys + kLanes - 1) / kLanes, groups = d_ / Kind::kPer;
    const int64_t at = j0 * Kind::kPer, inner = n_padded_ * Kind::kPer;
    tiles<false>({arrays_.q_rows + i * d_, d_, Kind::kPer}, {arrays_.k_turned + at, inner}, groups, vectors,
                 s, kBlock);
    tiles<false>({arrays_.dy_rows + i * d_, d_, Kind::kPer}, {arrays_.v_turned + at, inner}, groups, vectors,
                 dp, kBlock);
    for (int64_t r = 0; r < kTileRows; r += 2)
      for (int64_t v = 0; v < kBlockVectors; ++v) {
        Weights a{zero(), zero()}, b{zero(), zero()};
        if (v < vectors) {
          a = weights(h, i + r, j0 + v * kLanes, s + r * kBlock + v * kLanes, dp + r * kBlock + v * kLanes);
          b = weights(h, i + r + 1, j0 + v * kLanes, s + (r + 1) * kBlock + v * kLanes,
                      dp + (r + 1) * kBlock + v * kLanes);
        }
        const int64_t to = (row + r) * kBlock + v * kLanes * Kind::kPer;
        Kind::store_inner(weights_.p + to, kBlock, a.p, b.p);
        Kind::store_inner(weights_.ds + to, kBlock, a.ds, b.ds);
        Kind::store_row(weights_.ds_rows + (row + r) * kBlock + v * kLanes, a.ds);
        Kind::store_row(weights_.ds_rows + (row + r + 1) * kBlock + v * kLanes, b.ds);
      }
  }

  struct Weights {
    F p, ds;
  };
  /// Of query i and kLanes keys from j on: zeros for what it does not see and for queries behind the last.
  Weights weights(int h, int64_t i, int64_t j, const float* s, const float* dp) const {
    if (i >= n_ || j > i) return {zero(), zero()};
    const float log_sum = g_.log_sums[i * g_.log_sums_stride + h];
    F p = exp(sub(mul(load(s), set(head_.scale)), set(log_sum)));
    if (i - j + 1 < kLanes) p = select_first(p, zero(), i - j + 1);
    return {p, mul(mul(p, set(head_.scale)), sub(load(dp), set(arrays_.along_y[i])))};
  }

  void add_query_gradients(int h, int64_t i, int64_t j0, int64_t row) {
    const int64_t keys = i + kTileRows - j0 < kBlock ? i + kTileRows - j0 : kBlock;
    const Left ds{weights_.ds_rows + row * kBlock, kBlock, Kind::kPer};
    const Right k{arrays_.k_inner + j0 * d_, d_ * Kind::kPer};
    const int64_t groups = (keys + Kind::kPer - 1) / Kind::kPer, vectors = d_ / kLanes;
    float* dq = g_.dq + i * head_.q_stride + int64_t{h} * d_;
    if (i + kTileRows > n_) return add_last_query_gradients(ds, k, groups, n_ - i, dq, j0 == 0);
    if (j0 == 0)
      tiles<false>(ds, k, groups, vectors, dq, head_.q_stride);
    else
      tiles<true>(ds, k, groups, vectors, dq, head_.q_stride);
  }

  /// Fewer than kTileRows rows: no others may be touched.
  void add_last_query_gradients(Left ds, Right k, int64_t groups, int64_t rows, float* dq, bool first) {
    alignas(64) float sums[kTileRows * 256];
    tiles<false>(ds, k, groups, d_ / kLanes, sums, d_);
    put_last(sums, rows, dq, head_.q_stride, first);
  }

  void put_last(const float* sums, int64_t rows, float* out, int64_t out_row, bool first) {
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t d = 0; d < d_; d += kLanes) {
        const F x = load(sums + r * d_ + d);
        store(out + r * out_row + d, first ? x : add(load(out + r * out_row + d), x));
      }
  }

  /// Keys [j0, j0 + kBlock) gather from `rows` queries from i0 on.
  void add_key_gradients(int64_t i0, int64_t j0, int64_t rows) {
    const int64_t keys = n_ - j0 < kBlock ? n_ - j0 : kBlock;
    for (int64_t j = 0; j < keys; j += kTileRows) {
      // Queries before a key do not see it.
      const int64_t first = j0 + j > i0 ? (j0 + j - i0) / Kind::kPer : 0;
      const int64_t groups = (rows + Kind::kPer - 1) / Kind::kPer - first;
      if (groups <= 0) continue;
      const int64_t at = first * kBlock * Kind::kPer + j * Kind::kPer;
      const int64_t token = (i0 / Kind::kPer + first) * d_ * Kind::kPer, inner = d_ * Kind::kPer;
      add_key_rows({weights_.p + at, Kind::kPer, kBlock * Kind::kPer}, {arrays_.dy_inner + token, inner},
                   groups, keys - j, g_.dv + (j0 + j) * head_.kv_stride);
      add_key_rows({weights_.ds + at, Kind::kPer, kBlock * Kind::kPer}, {arrays_.q_inner + token, inner},
                   groups, keys - j, g_.dk + (j0 + j) * head_.kv_stride);
    }
  }

  void add_key_rows(Left left, Right right, int64_t groups, int64_t rows, float* out) {
    if (rows >= kTileRows) return tiles<true>(left, right, groups, d_ / kLanes, out, head_.kv_stride);
    alignas(64) float sums[kTileRows * 256];
    tiles<false>(left, right, groups, d_ / kLanes, sums, d_);
    put_last(sums, rows, out, head_.kv_stride, false);
  }

  const CausalHead<float>& head_;
  const CausalGradients<float>& g_;
  int64_t n_, d_, n_padded_;
  Arrays arrays_;
  BlockWeights weights_;
};

void backward(const CausalHead<float>& head, const CausalGradients<float>& gradients,
              std::byte* scratch) noexcept {
  Backward(head, gradients, scratch).run();
}

size_t scratch_bytes(int64_t n_tokens, int, int head_dim) noexcept {
  Arrays arrays;
  return Arrays::place(arrays, nullptr, n_tokens, head_dim);
}
