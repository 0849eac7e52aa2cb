// Blockwise attention, written once over a vector vocabulary. Included by the file of each level, inside its
// target region, behind the vocabulary, exp, and three kinds of pairs, one per KvDType:
//
//   Element, Pairs, Sum                an operand's element; a vector of pairs from the cache; an accumulator
//   kPairBytes                         bytes of a pair in the cache
//   kQ8                                keys and values carry a scale per position
//   load(p)                            kLanes pairs
//   none(), plus(sum, pairs, e)        sum + pairs . (e[0], e[1]) in every lane
//   value(sum)                         as f32
//   start(out, alpha), finish(...)     the accumulators of outputs
//   store_query, store_weights         operands from f32
//
// Rows (token, head) are taken kMaxRows at a time against one block of 32 positions: scores, running maximum,
// exponentials, output. A row's operations are the same whatever rows stand beside it.

constexpr int kVectors = kPageTokens / kLanes;  // of a row of scores
constexpr int kMaxRows = kLanes == 16 ? 8 : 4;  // accumulators: kMaxRows x 2

/// A tile at work: its operands and running state, laid out in scratch.
template <class Kind>
struct Work {
  const AttentionTile& tile;
  int head_dim, rows;
  typename Kind::Element* q;  // [rows][head_dim]
  float* scale;               // [rows] of the scores
  float* sums;                // [rows][kLanes] of exponentials
  std::byte* clean_values;    // a block of values without the bytes that nobody has written

  static size_t round(size_t bytes) { return (bytes + 63) / 64 * 64; }

  /// The same layout for sizing (scratch null) and for working.
  size_t place(std::byte* scratch) {
    size_t at = 0;
    auto take = [&](size_t bytes) {
      std::byte* p = scratch == nullptr ? nullptr : scratch + at;
      at += round(bytes);
      return p;
    };
    const auto n = static_cast<size_t>(rows), d = static_cast<size_t>(head_dim);
    q = reinterpret_cast<typename Kind::Element*>(take(n * d * sizeof(typename Kind::Element)));
    scale = reinterpret_cast<float*>(take(n * sizeof(float)));
    sums = reinterpret_cast<float*>(take(n * kLanes * sizeof(float)));
    clean_values = take(Kind::kScaled ? 0 : kPageTokens * d * 2);
    return at;
  }
};

/// One block of positions as a group of rows sees it.
struct Block {
  const std::byte* keys;
  const std::byte* values;
  const float* key_scales;  // of scaled kinds
  const float* value_scales;
  const std::byte* ahead_keys;  // the next block's, to be fetched meanwhile; null: nothing
  const std::byte* ahead_values;
  int first_visible;  // positions that token 0 of the tile sees; token t sees t more

  /// How many a row sees. The division is slow, and of use on the diagonal only.
  int visible(int row, int group) const {
    return first_visible >= kPageTokens ? kPageTokens : first_visible + row / group;
  }
};

/// What passes from step to step for R rows of one block.
struct RowState {
  alignas(64) float scores[kMaxRows][kPageTokens];
  alignas(64) float old_max[16] = {}, new_max[16] = {}, alpha[16], weight_scale[16];
};

template <int kBytes>
inline void fetch(const std::byte* ahead, int64_t offset) {
  if (ahead == nullptr) return;
  RETORT_UNROLL
  for (int b = 0; b < kBytes; b += 64)
    _mm_prefetch(reinterpret_cast<const char*>(ahead) + offset + b, _MM_HINT_T1);
}

/// scores[r][j] = q_r . k_j for R rows, along positions.
template <class Kind, int R>
inline void score(const Work<Kind>& work, const Block& block, int row, RowState& state) {
  constexpr int N = 2;  // vectors at a time
  const int head_dim = work.head_dim;
  const auto* q = work.q + static_cast<int64_t>(row) * head_dim;
  for (int v = 0; v < kVectors; v += N) {
    typename Kind::Sum sums[R][N];
    RETORT_UNROLL
    for (int r = 0; r < R; ++r) {
      RETORT_UNROLL
      for (int n = 0; n < N; ++n) sums[r][n] = Kind::none();
    }
    const std::byte* keys = block.keys + v * kLanes * Kind::kPairBytes;
    for (int d = 0; d < head_dim; d += 2) {
      const int64_t offset = static_cast<int64_t>(d / 2) * kPageTokens * Kind::kPairBytes;
      if (v == 0) fetch<kPageTokens * Kind::kPairBytes>(block.ahead_keys, offset);
      typename Kind::Pairs pairs[N];
      RETORT_UNROLL
      for (int n = 0; n < N; ++n) pairs[n] = Kind::load(keys + offset + n * kLanes * Kind::kPairBytes);
      RETORT_UNROLL
      for (int r = 0; r < R; ++r) {
        RETORT_UNROLL
        for (int n = 0; n < N; ++n) sums[r][n] = Kind::plus(sums[r][n], pairs[n], q + r * head_dim + d);
      }
    }
    RETORT_UNROLL
    for (int r = 0; r < R; ++r) {
      RETORT_UNROLL
      for (int n = 0; n < N; ++n) store(state.scores[r] + (v + n) * kLanes, Kind::value(sums[r][n]));
    }
  }
}

/// Lanes of vector v that a row seeing n positions of the block sees.
inline int64_t lanes_seen(int n, int v) {
  const int seen = n - v * kLanes;
  return seen < 0 ? 0 : seen > kLanes ? kLanes : seen;
}

/// Scales a row of scores, hides what lies behind its position, and returns its maximum.
template <class Kind>
inline float finish_scores(const Work<Kind>& work, const Block& block, int row, float* scores) {
  const int seen = block.visible(row, work.tile.group);
  const F scale = set(work.scale[row]), hidden = set(-__builtin_inff());
  F highest = hidden;
  RETORT_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    F s = mul(load(scores + v * kLanes), scale);
    if constexpr (Kind::kScaled) s = mul(s, load(block.key_scales + v * kLanes));
    if (seen < kPageTokens) s = select_first(s, hidden, lanes_seen(seen, v));
    store(scores + v * kLanes, s);
    highest = largest(s, highest);
  }
  return largest_of(highest);
}

/// From scores to weights: exponentials against the running maximum, their sum, and the factor alpha that
/// brings what was summed up before to the new maximum.
template <class Kind, int R>
inline void weigh(const Work<Kind>& work, const Block& block, int row, RowState& state,
                  typename Kind::Element (*weights)[kPageTokens]) {
  const AttentionTile& tile = work.tile;
  for (int r = 0; r < R; ++r) {
    const float highest = finish_scores(work, block, row + r, state.scores[r]);
    state.old_max[r] = tile.max[row + r];
    state.new_max[r] = state.old_max[r] > highest ? state.old_max[r] : highest;
    tile.max[row + r] = state.new_max[r];
  }
  RETORT_UNROLL
  for (int i = 0; i < kMaxRows; i += kLanes)
    store(state.alpha + i, exp(sub(load(state.old_max + i), load(state.new_max + i))));
  for (int r = 0; r < R; ++r) {
    const F max = set(state.new_max[r]);
    float* sums = work.sums + static_cast<int64_t>(row + r) * kLanes;
    F sum = mul(load(sums), set(state.alpha[r])), p[kVectors];
    RETORT_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      p[v] = exp(sub(load(state.scores[r] + v * kLanes), max));
      sum = add(sum, p[v]);
    }
    store(sums, sum);
    if constexpr (Kind::kScaled) {
      const int seen = block.visible(row + r, tile.group);
      RETORT_UNROLL
      for (int v = 0; v < kVectors; ++v) {
        // What nobody has written may hold anything: a product with zero would not hide it.
        F s = load(block.value_scales + v * kLanes);
        p[v] = mul(p[v], seen < kPageTokens ? select_first(s, zero(), lanes_seen(seen, v)) : s);
      }
    }
    state.weight_scale[r] = Kind::store_weights(p, weights[r]);
  }
}

/// out_r = alpha_r out_r + sum_j w_rj v_j for R rows and dimensions [d, d + N * kLanes).
template <class Kind, int R, int N>
inline void mix(const Work<Kind>& work, const Block& block, int row, int d, const RowState& state,
                const typename Kind::Element (*weights)[kPageTokens]) {
  const int head_dim = work.head_dim;
  float* out = work.tile.out + static_cast<int64_t>(row) * head_dim + d;
  typename Kind::Sum sums[R][N];
  RETORT_UNROLL
  for (int r = 0; r < R; ++r) {
    RETORT_UNROLL
    for (int n = 0; n < N; ++n) sums[r][n] = Kind::start(out + r * head_dim + n * kLanes, state.alpha[r]);
  }
  // Whatever the order of use, memory is fetched from front to back: the hardware follows suit.
  const int64_t ahead = static_cast<int64_t>(d) * kPageTokens / 2 * Kind::kPairBytes;
  for (int j = 0; j < kPageTokens; j += 2) {
    constexpr int kStep = N * kLanes * Kind::kPairBytes;
    fetch<kStep>(block.ahead_values, ahead + j / 2 * kStep);
    typename Kind::Pairs pairs[N];
    RETORT_UNROLL
    for (int n = 0; n < N; ++n)
      pairs[n] = Kind::load(block.values + value_index(j, d + n * kLanes) / 2 * Kind::kPairBytes);
    RETORT_UNROLL
    for (int r = 0; r < R; ++r) {
      RETORT_UNROLL
      for (int n = 0; n < N; ++n) sums[r][n] = Kind::plus(sums[r][n], pairs[n], weights[r] + j);
    }
  }
  RETORT_UNROLL
  for (int r = 0; r < R; ++r) {
    RETORT_UNROLL
    for (int n = 0; n < N; ++n)
      Kind::finish(out + r * head_dim + n * kLanes, sums[r][n], state.alpha[r], state.weight_scale[r]);
  }
}

template <class Kind, int R>
void block_rows(const Work<Kind>& work, const Block& block, int row) {
  RowState state;
  alignas(64) typename Kind::Element weights[kMaxRows][kPageTokens];
  score<Kind, R>(work, block, row, state);
  weigh<Kind, R>(work, block, row, state, weights);
  constexpr int N = kLanes == 16 && R <= 4 ? 4 : 2;
  int d = 0;
  for (; d + N * kLanes <= work.head_dim; d += N * kLanes)
    mix<Kind, R, N>(work, block, row, d, state, weights);
  for (; d < work.head_dim; d += kLanes) mix<Kind, R, 1>(work, block, row, d, state, weights);
}

template <class Kind>
using BlockRows = void (*)(const Work<Kind>&, const Block&, int);

/// The function for n rows.
template <class Kind>
inline BlockRows<Kind> block_rows_of(int n) {
  static constexpr BlockRows<Kind> kBySize[8] = {
      block_rows<Kind, 1>, block_rows<Kind, 2>,    block_rows<Kind, 3>, block_rows<Kind, 4>,
      block_rows < Kind,   kMaxRows < 8 ? 4 : 5 >, block_rows < Kind,   kMaxRows < 8 ? 4 : 6 >,
      block_rows < Kind,   kMaxRows < 8 ? 4 : 7 >, block_rows < Kind,   kMaxRows < 8 ? 4 : 8 >,
  };
  return kBySize[n - 1];
}

/// Rows [first, rows) in groups of nearly equal size.
template <class Kind>
inline void all_rows(const Work<Kind>& work, Block block, int first) {
  int groups = (work.rows - first + kMaxRows - 1) / kMaxRows;
  for (int row = first; row < work.rows; --groups) {
    const int n = (work.rows - row + groups - 1) / groups;
    block_rows_of<Kind>(n)(work, block, row);
    row += n;
    block.ahead_keys = block.ahead_values = nullptr;  // once is enough
  }
}

/// A copy of a block's BF16 values in which the positions from n on are zero.
inline const std::byte* without_unwritten(const std::byte* values, int n, int head_dim, std::byte* copy) {
  constexpr int64_t kPairs = 16 * 4, kStrip = kPageTokens / 2 * kPairs;  // bytes
  const int64_t whole = n / 2 * kPairs;
  for (int64_t at = 0; at < head_dim / 16 * kStrip; at += kStrip) {
    __builtin_memcpy(copy + at, values + at, static_cast<size_t>(whole));
    __builtin_memset(copy + at + whole, 0, static_cast<size_t>(kStrip - whole));
    if (n % 2 != 0)
      for (int64_t i = at + whole; i < at + whole + kPairs; i += 4) __builtin_memcpy(copy + i, values + i, 2);
  }
  return copy;
}

template <class Kind>
inline void prepare(Work<Kind>& work) {
  const AttentionTile& tile = work.tile;
  for (int r = 0; r < work.rows; ++r) {
    const float* q = tile.q + r / tile.group * tile.q_stride + r % tile.group * work.head_dim;
    work.scale[r] =
        tile.scale * Kind::store_query(q, work.head_dim, work.q + static_cast<int64_t>(r) * work.head_dim);
    store(work.sums + static_cast<int64_t>(r) * kLanes, zero());
    tile.max[r] = -__builtin_inff();
  }
  __builtin_memset(tile.out, 0, static_cast<size_t>(work.rows * work.head_dim) * sizeof(float));
}

template <class Kind>
void attend_kind(const AttentionTile& tile, const KvView& kv, std::byte* scratch) noexcept {
  Work<Kind> work{tile, kv.layout.head_dim, tile.n_tokens * tile.group, nullptr, nullptr, nullptr, nullptr};
  work.place(scratch);
  prepare(work);
  const KvBlock layout(kv.layout);
  const int64_t last = tile.position + tile.n_tokens - 1;  // the last position that any row sees
  const int64_t begin = tile.segment * kSegment;
  const int64_t end = begin + kSegment <= last ? begin + kSegment : last + 1;
  for (int64_t at = begin; at < end; at += kPageTokens) {
    const std::byte* data = kv_block(kv, layout, at / kPageTokens, tile.kv_head);
    Block block{
        data,
        data + layout.values,
        reinterpret_cast<const float*>(data + layout.key_scales),
        reinterpret_cast<const float*>(data + layout.value_scales),
        nullptr,
        nullptr,
        static_cast<int>(tile.position + 1 - at < kPageTokens ? tile.position + 1 - at : kPageTokens)};
    if (at + kPageTokens <= last) {  // across the segment's end: whoever goes on reads it next
      block.ahead_keys = kv_block(kv, layout, at / kPageTokens + 1, tile.kv_head);
      block.ahead_values = block.ahead_keys + layout.values;
    }
    if (!Kind::kScaled && end - at < kPageTokens)
      block.values =
          without_unwritten(block.values, static_cast<int>(end - at), work.head_dim, work.clean_values);
    // The first tokens may see nothing of the block: nothing changes for them.
    const int first_token = block.first_visible < 1 ? 1 - block.first_visible : 0;
    all_rows(work, block, first_token * tile.group);
  }
  for (int r = 0; r < work.rows; ++r)
    tile.sum[r] = sum_of(load(work.sums + static_cast<int64_t>(r) * kLanes));
}

void attend(const AttentionTile& tile, const KvView& kv, std::byte* scratch) noexcept {
  switch (kv.layout.dtype) {
    case KvDType::bf16:
      return attend_kind<Bf16Pairs>(tile, kv, scratch);
    case KvDType::q8:
      return attend_kind<Q8Pairs>(tile, kv, scratch);
    case KvDType::fp8:
      return attend_kind<F8Pairs>(tile, kv, scratch);
  }
}

template <class Kind>
inline size_t scratch_bytes_of(const AttentionTile& tile, const KvLayout& layout, int rows) {
  return Work<Kind>{tile, layout.head_dim, rows, nullptr, nullptr, nullptr, nullptr}.place(nullptr);
}

size_t scratch_bytes(const KvLayout& layout, int rows) noexcept {
  const AttentionTile none{};
  switch (layout.dtype) {
    case KvDType::bf16:
      return scratch_bytes_of<Bf16Pairs>(none, layout, rows);
    case KvDType::q8:
      return scratch_bytes_of<Q8Pairs>(none, layout, rows);
    case KvDType::fp8:
      return scratch_bytes_of<F8Pairs>(none, layout, rows);
  }
  return 0;
}

inline float exp_of(float x) {
  alignas(64) float lanes[kLanes];
  store(lanes, exp(set(x)));
  return lanes[0];
}

void fold(const float* out, float max, float sum, int head_dim, float* total, float* total_max,
          float* total_sum) noexcept {
  if (max == -__builtin_inff()) return;
  const float highest = max > *total_max ? max : *total_max;
  const float a = exp_of(*total_max - highest), b = exp_of(max - highest);
  for (int d = 0; d < head_dim; d += kLanes)
    store(total + d, fma(load(out + d), set(b), mul(load(total + d), set(a))));
  *total_sum = *total_sum * a + sum * b;
  *total_max = highest;
}

void merge(const float* out, int64_t out_stride, const float* max, const float* sum, int64_t stat_stride,
           int n_segments, int head_dim, float* y) noexcept {
  float total_max = -__builtin_inff(), total_sum = 0;
  for (int d = 0; d < head_dim; d += kLanes) store(y + d, zero());
  for (int s = 0; s < n_segments; ++s)
    fold(out + s * out_stride, max[s * stat_stride], sum[s * stat_stride], head_dim, y, &total_max,
         &total_sum);
  const F inverse = set(1.0f / total_sum);
  for (int d = 0; d < head_dim; d += kLanes) store(y + d, mul(load(y + d), inverse));
}
