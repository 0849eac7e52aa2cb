// The blocking of a product of floating-point weights, shared by the levels. Included inside a target region,
// after the level's vector vocabulary:
//   Sum                                accumulator of one output: kLanes f32
//   add_sums<N>(sums, totals)          adds the horizontal sums of N accumulators to totals[0, N); writes up
//   to
//                                      a multiple of 16
//   multiply_add(sum, w, x)            of operand vectors
//   expand(Format, p, vectors)         Format::kColumns weights at p as operand vectors
//   store_activations(Format, x, scale, out)   Format::kColumns activations, likewise
//   load(p, vector)
// A Format has: Vector, kColumns (weights per step), kVectors (operand vectors per step), kWeightBytes and
// kElementBytes (of one weight and of one activation), and the largest tile of accumulators kTileColumns.
//
// Every output has one accumulator per chunk of k, to which each vector of the chunk is added in order; the
// chunk's horizontal sum is then added to the output. No other order exists, whichever loop below runs.

constexpr int kTileRows = 4;                               // rows of weights per tile of a block
constexpr int64_t kSmallBatch = 64, kSmallBlockRows = 16;  // few columns: blocks of fewer rows
constexpr int64_t kStreamAhead = 256 << 10;  // bytes that streamed rows are fetched ahead at most

struct Product {
  const std::byte* w;
  int64_t row_bytes, n_rows, k;
  const std::byte* x;
  size_t x_stride;
  int64_t m;
  const float* row_scale;
  float* out;
  int64_t ldo;
  int64_t chunk;  // columns

  const std::byte* row(int64_t r) const { return w + std::min(r, n_rows - 1) * row_bytes; }
};

/// The last n < kColumns weights of a row, filled up with zeros: reads no byte behind them.
template <class Format>
inline void expand_part(Format format, const std::byte* p, int64_t n, typename Format::Vector* vectors) {
  alignas(64) std::byte copy[Format::kColumns * Format::kWeightBytes] = {};
  std::memcpy(copy, p, static_cast<size_t>(n * Format::kWeightBytes));
  expand(format, copy, vectors);
}

template <class Format>
void prepare(const float* x, int64_t k, const float* block_scale, std::byte* out) noexcept {
  for (int64_t j = 0; j < k; j += kFloatPadding) {
    const float* from = x + j;
    alignas(64) float padded[kFloatPadding] = {};
    if (k - j < kFloatPadding) {
      std::memcpy(padded, from, static_cast<size_t>(k - j) * sizeof(float));
      from = padded;
    }
    const float scale = block_scale ? block_scale[j / kFloatScaleBlock] : 1.0f;
    for (int64_t s = 0; s < kFloatPadding; s += Format::kColumns)
      store_activations(Format{}, from + s, scale, out + (j + s) * Format::kElementBytes);
  }
}

// ---- few columns: weights are expanded in registers ------------------------------------------------

/// One step of a tile: kVectors operand vectors of kRows rows against kCols activation rows.
template <class Format, int kRows, int kCols>
inline void add_step(const typename Format::Vector (&w)[kRows][Format::kVectors], const std::byte* x,
                     size_t x_stride, Sum (&sums)[kRows * kCols]) {
  RETORT_UNROLL
  for (int v = 0; v < Format::kVectors; ++v) {
    RETORT_UNROLL
    for (int c = 0; c < kCols; ++c) {
      typename Format::Vector xv;
      load(x + static_cast<size_t>(c) * x_stride + v * kVectorBytes, xv);
      RETORT_UNROLL
      for (int r = 0; r < kRows; ++r) sums[c * kRows + r] = multiply_add(sums[c * kRows + r], w[r][v], xv);
    }
  }
}

/// Adds columns [begin, end) of kRows rows against kCols activation rows to totals[c * kRows + r].
template <class Format, int kRows, int kCols>
inline void add_chunk(const std::byte* const (&rows)[kRows], int64_t begin, int64_t end, int64_t ahead,
                      const std::byte* x, size_t x_stride, float* totals) {
  Sum sums[kRows * kCols];
  RETORT_UNROLL
  for (int i = 0; i < kRows * kCols; ++i) sums[i] = zero();
  typename Format::Vector w[kRows][Format::kVectors];
  int64_t j = begin;
  for (; j + Format::kColumns <= end; j += Format::kColumns) {
    const int64_t at = j * Format::kWeightBytes;
    RETORT_UNROLL
    for (int r = 0; r < kRows; ++r) {
      expand(Format{}, rows[r] + at, w[r]);
      _mm_prefetch(reinterpret_cast<const char*>(rows[r]) + at + ahead, _MM_HINT_T0);
    }
    add_step<Format, kRows, kCols>(w, x + j * Format::kElementBytes, x_stride, sums);
  }
  if (j < end) {
    for (int r = 0; r < kRows; ++r) expand_part(Format{}, rows[r] + j * Format::kWeightBytes, end - j, w[r]);
    add_step<Format, kRows, kCols>(w, x + j * Format::kElementBytes, x_stride, sums);
  }
  add_sums(sums, totals);
}

/// Rows are streamed from memory kRows at a time, all of k, while the next kRows are fetched.
template <class Format, int kRows, int kCols>
void multiply_streamed(const Product& p) {
  const int64_t tile_bytes = kRows * p.row_bytes;
  for (int64_t r0 = 0; r0 < p.n_rows; r0 += kRows) {
    const std::byte* rows[kRows];
    for (int r = 0; r < kRows; ++r) rows[r] = p.row(r0 + r);
    const int64_t ahead = tile_bytes <= kStreamAhead ? tile_bytes : kStreamAhead / kRows;
    alignas(64) float totals[round_up(kRows * kCols, 16)];
    std::fill(std::begin(totals), std::end(totals), -0.0f);  // -0 + x = x for every x
    for (int64_t j = 0; j < p.k; j += p.chunk)
      add_chunk<Format, kRows, kCols>(rows, j, std::min(p.k, j + p.chunk), ahead, p.x, p.x_stride, totals);
    const int64_t n = std::min<int64_t>(kRows, p.n_rows - r0);
    for (int c = 0; c < kCols; ++c)
      for (int64_t r = 0; r < n; ++r)
        p.out[c * p.ldo + r0 + r] =
            p.row_scale ? totals[c * kRows + r] * p.row_scale[r0 + r] : totals[c * kRows + r];
  }
}

// ---- many columns: blocks of weights are expanded into a buffer -------------------------------------

/// A block of rows of one chunk in the form of operands: tiles of kTileRows rows, the rows' vectors in turn.
template <class Format>
struct Block {
  static constexpr int kRows = 64;
  alignas(64) std::byte bytes[kRows * kFloatChunkBytes];
  int64_t vectors;  // per row

  std::byte* tile(int64_t r) { return bytes + r * vectors * kVectorBytes; }
};

template <class Format>
void expand_row(const std::byte* row, int64_t begin, int64_t end, std::byte* out) {
  typename Format::Vector v[Format::kVectors];
  int64_t j = begin;
  for (; j + Format::kColumns <= end; j += Format::kColumns) {
    expand(Format{}, row + j * Format::kWeightBytes, v);
    for (int i = 0; i < Format::kVectors; ++i, out += kTileRows * kVectorBytes) save(out, v[i]);
  }
  if (j < end) {
    expand_part(Format{}, row + j * Format::kWeightBytes, end - j, v);
    for (int i = 0; i < Format::kVectors; ++i, out += kTileRows * kVectorBytes) save(out, v[i]);
  }
}

/// The raw rows of the block that comes next, fetched one cache line a step by the tiles of this one.
struct Ahead {
  const Product* p;
  int64_t row, end, column_bytes;

  const std::byte* next(const std::byte* otherwise) {
    return row < end ? p->row(row++) + column_bytes : otherwise;
  }
};

/// Horizontal sums of one tile of the block: totals[c * kTileRows + r].
template <class Format, int kCols>
inline void multiply_tile(const std::byte* w, int64_t vectors, const std::byte* x, size_t x_stride,
                          const std::byte* ahead_0, const std::byte* ahead_1, float* totals) {
  constexpr int64_t kRawBytes = Format::kColumns * Format::kWeightBytes / Format::kVectors;
  Sum sums[kTileRows * kCols];
  RETORT_UNROLL
  for (int i = 0; i < kTileRows * kCols; ++i) sums[i] = zero();
  for (int64_t v = 0; v < vectors; ++v) {
    _mm_prefetch(reinterpret_cast<const char*>(ahead_0) + v * kRawBytes, _MM_HINT_T1);
    _mm_prefetch(reinterpret_cast<const char*>(ahead_1) + v * kRawBytes, _MM_HINT_T1);
    typename Format::Vector wv[kTileRows];
    RETORT_UNROLL
    for (int r = 0; r < kTileRows; ++r) load(w + (v * kTileRows + r) * kVectorBytes, wv[r]);
    RETORT_UNROLL
    for (int c = 0; c < kCols; ++c) {
      typename Format::Vector xv;
      load(x + static_cast<size_t>(c) * x_stride + v * kVectorBytes, xv);
      RETORT_UNROLL
      for (int r = 0; r < kTileRows; ++r)
        sums[c * kTileRows + r] = multiply_add(sums[c * kTileRows + r], wv[r], xv);
    }
  }
  add_sums(sums, totals);
}

/// What a chunk's sums do to the output.
struct Place {
  int64_t r0, rows, i0;
  bool first, last;
};

template <int kCols>
inline void put(const Product& p, const Place& at, int64_t r, const float* totals) {
  const int64_t n = std::min<int64_t>(kTileRows, at.rows - r);
  for (int c = 0; c < kCols; ++c) {
    float* out = p.out + (at.i0 + c) * p.ldo + at.r0 + r;
    if (n == kTileRows) {
      __m128 y = _mm_load_ps(totals + c * kTileRows);
      if (!at.first) y = _mm_add_ps(_mm_loadu_ps(out), y);
      if (at.last && p.row_scale) y = _mm_mul_ps(y, _mm_loadu_ps(p.row_scale + at.r0 + r));
      _mm_storeu_ps(out, y);
      continue;
    }
    for (int64_t i = 0; i < n; ++i) {
      float y = totals[c * kTileRows + i];
      if (!at.first) y = out[i] + y;
      out[i] = at.last && p.row_scale ? y * p.row_scale[at.r0 + r + i] : y;
    }
  }
}

template <class Format, int kCols>
void multiply_block(const Product& p, const Place& at, Block<Format>& block, const std::byte* x,
                    Ahead& ahead) {
  for (int64_t r = 0; r < at.rows; r += kTileRows) {
    alignas(64) float totals[round_up(kTileRows * kCols, 16)];
    std::fill(std::begin(totals), std::end(totals), -0.0f);
    const std::byte* tile = block.tile(r);
    const std::byte* ahead_0 = ahead.next(tile);
    multiply_tile<Format, kCols>(tile, block.vectors, x, p.x_stride, ahead_0, ahead.next(tile), totals);
    put<kCols>(p, at, r, totals);
  }
}

template <class Format>
using MultiplyBlock = void (*)(const Product&, const Place&, Block<Format>&, const std::byte*, Ahead&);

template <class Format, size_t... kCols>
constexpr std::array<MultiplyBlock<Format>, sizeof...(kCols)> block_kernels(std::index_sequence<kCols...>) {
  return {multiply_block<Format, static_cast<int>(kCols) + 1>...};
}

/// Columns are taken in groups as equal as can be of at most Format::kTileColumns.
template <class Format>
void multiply_columns(const Product& p, Place at, Block<Format>& block, int64_t column, Ahead ahead) {
  static constexpr auto kKernels = block_kernels<Format>(std::make_index_sequence<Format::kTileColumns>());
  const int64_t groups = div_up<int64_t>(p.m, Format::kTileColumns);
  for (int64_t g = 0; g < groups; ++g) {
    at.i0 = p.m * g / groups;
    const int64_t cols = p.m * (g + 1) / groups - at.i0;
    const std::byte* x = p.x + static_cast<size_t>(at.i0) * p.x_stride + column * Format::kElementBytes;
    kKernels[static_cast<size_t>(cols - 1)](p, at, block, x, ahead);
  }
}

template <class Format>
void multiply_blocks(const Product& p) {
  const int64_t block_rows = p.m <= kSmallBatch ? kSmallBlockRows : Block<Format>::kRows;
  Block<Format> block;
  for (int64_t r0 = 0; r0 < p.n_rows; r0 += block_rows) {
    const int64_t rows = std::min(block_rows, p.n_rows - r0);
    for (int64_t j = 0; j < p.k; j += p.chunk) {
      const int64_t end = std::min(p.k, j + p.chunk);
      block.vectors = div_up<int64_t>(end - j, Format::kColumns) * Format::kVectors;
      for (int64_t r = 0; r < round_up<int64_t>(rows, kTileRows); ++r)
        expand_row<Format>(p.row(r0 + r), j, end,
                           block.tile(r / kTileRows * kTileRows) + r % kTileRows * kVectorBytes);
      Ahead ahead{&p, r0, r0 + rows, end * Format::kWeightBytes};
      if (end == p.k) ahead = {&p, r0 + rows, std::min(p.n_rows, r0 + 2 * block_rows), 0};
      multiply_columns<Format>(p, {r0, rows, 0, j == 0, end == p.k}, block, j, ahead);
    }
  }
}

// ---- the entry ---------------------------------------------------------------------------------------

template <class Format, size_t... kIndex>
void multiply_few(const Product& p, std::index_sequence<kIndex...>) {
  static constexpr void (*kKernels[])(const Product&) = {
      multiply_streamed<Format, Format::kStreamedRows[kIndex], static_cast<int>(kIndex) + 1>...};
  kKernels[p.m - 1](p);
}

template <class Format>
size_t activation_bytes(int64_t k) noexcept {
  return float_activation_bytes(k, Format::kElementBytes);
}

template <class Format>
void multiply(const std::byte* w, int64_t row_bytes, int64_t n_rows, int64_t k, const std::byte* x, int64_t m,
              const float* row_scale, float* out, int64_t ldo) noexcept {
  if (n_rows <= 0 || m <= 0) return;
  const int64_t chunk = float_chunk_columns(k, Format::kElementBytes);
  const Product p{w, row_bytes, n_rows, k, x, activation_bytes<Format>(k), m, row_scale, out, ldo, chunk};
  constexpr size_t kFew = std::size(Format::kStreamedRows);
  if (m <= static_cast<int64_t>(kFew))
    multiply_few<Format>(p, std::make_index_sequence<kFew>());
  else
    multiply_blocks<Format>(p);
}

template <class Format>
constexpr FloatFormat float_format() {
  return {activation_bytes<Format>, prepare<Format>, multiply<Format>};
}
