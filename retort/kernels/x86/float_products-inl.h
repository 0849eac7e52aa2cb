// The blocking of a product of floating-point weights, shared by the levels. Included inside a target region,
// after the level's vector vocabulary:
//   Sum, kVectorBytes, zero(): the accumulator of one output; bytes of an operand vector.
//   multiply_add(sum, w, x), load(p, vector), save(p, vector): of operand vectors.
//   add_sums(sums, totals): adds N accumulators' horizontal sums to totals; room for a multiple of 16.
//   expand(Format, p, vectors): Format::kColumns weights at p as operand vectors.
//   store_activations(Format, x, scale, out): Format::kColumns activations, likewise.
//   turn_tile(x, ldx, out, ldo): out[c * ldo + j] = x[j * ldx + c] of 16 x 16 values.
//   round_to_bf16(x, out): kFloatPadding values, to nearest even.
// A Format has:
//   Vector, kColumns, kVectors: operand vector, weights per step, vectors they become.
//   kWeightBytes, kElementBytes: of one weight and of one activation.
//   kStreamedRows: rows of a tile by its columns less one, for the fewest columns.
//   kRawColumns, kRawTileColumns: up to how many columns weights are expanded in registers, and in a tile.
//   kTileColumns: columns of a tile against weights expanded beforehand.
//
// Every output has one accumulator per chunk of k, to which each vector of the chunk is added in order; the
// chunk's horizontal sum is then added to the output. No other order exists, whichever loop below runs.

constexpr int kTileRows = 4;                 // rows of weights per tile of a block
constexpr int64_t kExpandedRows = 64;        // rows per block: with the next one's in the second-level cache
constexpr int64_t kFewRows = 16;             // fewer, since memory is the limit: measured best of 16, 48, 96
constexpr int64_t kMediumBatch = 64;         // up to these columns a block has kFewRows rows
constexpr int64_t kResident = 384 << 10;     // bytes of activations that stay in the second-level cache
constexpr int64_t kStreamAhead = 128 << 10;  // bytes that streamed rows are fetched ahead at most

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
  bool add;       // to the output (then without row_scale)

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
  alignas(64) float padded[kFloatPadding];
  for (int64_t j = 0; j < k; j += kFloatPadding) {
    const float* from = x + j;
    if (k - j < kFloatPadding) {
      std::fill(std::copy(from, x + k, padded), std::end(padded), 0.0f);
      from = padded;
    }
    const float scale = block_scale ? block_scale[j / kFloatScaleBlock] : 1.0f;
    for (int64_t s = 0; s < kFloatPadding; s += Format::kColumns)
      store_activations(Format{}, from + s, scale, out + (j + s) * Format::kElementBytes);
  }
}

// ---- fetching ahead ------------------------------------------------------------------------------------

inline void fetch(const std::byte* p) {
  _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T1);
}

/// Fetches kLines cache lines a step, in the order of addresses: several rows side by side are slower.
template <int kLines>
struct FetchOn {
  const std::byte* at;

  void step() {
    RETORT_UNROLL
    for (int i = 0; i < kLines; ++i) fetch(at + i * 64);
    at += kLines * 64;
  }
};

/// Fetches `pieces` pieces of memory of `lines` cache lines, `stride` bytes apart, `per_step` lines a step.
struct FetchPieces {
  const std::byte* piece = nullptr;
  int64_t stride = 0, pieces = 0, lines = 0, line = 0, per_step = 0;

  void step() {
    if (pieces == 0) return;
    const std::byte* at = piece + line * 64;
    for (int64_t i = 0; i < per_step; ++i) fetch(at + i * 64);
    line += per_step;
    if (line < lines) return;
    line = 0;
    piece += stride;
    --pieces;
  }
};

// ---- tiles -----------------------------------------------------------------------------------------------

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

/// Adds n columns of kRows rows, expanded in registers, against kCols activation rows to
/// totals[c * kRows + r].
template <class Format, int kRows, int kCols, class Fetch>
inline void add_rows(const std::byte* const (&rows)[kRows], int64_t n, const std::byte* x, size_t x_stride,
                     Fetch& fetched, float* totals) {
  Fetch ahead = fetched;  // in registers
  Sum sums[kRows * kCols];
  RETORT_UNROLL
  for (int i = 0; i < kRows * kCols; ++i) sums[i] = zero();
  typename Format::Vector w[kRows][Format::kVectors];
  int64_t j = 0;
  for (; j + Format::kColumns <= n; j += Format::kColumns) {
    ahead.step();
    RETORT_UNROLL
    for (int r = 0; r < kRows; ++r) expand(Format{}, rows[r] + j * Format::kWeightBytes, w[r]);
    add_step<Format, kRows, kCols>(w, x + j * Format::kElementBytes, x_stride, sums);
  }
  if (j < n) {
    for (int r = 0; r < kRows; ++r) expand_part(Format{}, rows[r] + j * Format::kWeightBytes, n - j, w[r]);
    add_step<Format, kRows, kCols>(w, x + j * Format::kElementBytes, x_stride, sums);
  }
  fetched = ahead;
  add_sums(sums, totals);
}

/// The same of kTileRows rows that are operands already, vector after vector in turn.
template <class Format, int kCols>
inline void add_expanded(const std::byte* w, int64_t vectors, const std::byte* x, size_t x_stride,
                         FetchPieces& fetched, float* totals) {
  FetchPieces ahead = fetched;  // in registers
  Sum sums[kTileRows * kCols];
  RETORT_UNROLL
  for (int i = 0; i < kTileRows * kCols; ++i) sums[i] = zero();
  for (int64_t v = 0; v < vectors; ++v) {
    ahead.step();
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
  fetched = ahead;
  add_sums(sums, totals);
}

template <int kCount>
struct Totals {
  alignas(64) float sums[round_up(kCount, 16)];
  Totals() { std::fill(std::begin(sums), std::end(sums), -0.0f); }  // -0 + x = x for every x
};

// ---- few columns: rows stream from memory ----------------------------------------------------------------

/// Takes kRows rows at a time, all of k, while the next kRows are fetched.
template <class Format, int kRows, int kCols>
void multiply_streamed(const Product& p) {
  constexpr int64_t kLines = std::max<int64_t>(1, kRows * Format::kColumns * Format::kWeightBytes / 64);
  for (int64_t r0 = 0; r0 < p.n_rows; r0 += kRows) {
    const int64_t ahead = r0 + kRows < p.n_rows ? std::min(kRows * p.row_bytes, kStreamAhead) : 0;
    Totals<kRows * kCols> totals;
    for (int64_t j = 0; j < p.k; j += p.chunk) {
      const std::byte* rows[kRows];
      for (int r = 0; r < kRows; ++r) rows[r] = p.row(r0 + r) + j * Format::kWeightBytes;
      FetchOn<kLines> fetched{p.row(r0) + j * Format::kWeightBytes * kRows + ahead};
      add_rows<Format, kRows, kCols>(rows, std::min(p.k - j, p.chunk), p.x + j * Format::kElementBytes,
                                     p.x_stride, fetched, totals.sums);
    }
    const int64_t n = std::min<int64_t>(kRows, p.n_rows - r0);
    for (int c = 0; c < kCols; ++c) {
      float* out = p.out + c * p.ldo + r0;
      for (int64_t r = 0; r < n; ++r) {
        const float y = totals.sums[c * kRows + r];
        out[r] = p.add ? out[r] + y : p.row_scale ? y * p.row_scale[r0 + r] : y;
      }
    }
  }
}

// ---- more columns: blocks of rows of one chunk
// -------------------------------------------------------------

/// The block at hand: rows [r0, r0 + rows), columns [j, j + n) of k, activation rows from i0.
struct Place {
  int64_t r0, rows, j, n, i0;
  bool first, last;  // of the chunks; none is the first of what is added to the output
};

/// What is fetched during a block: the activations of its next group of columns, then the rows of the next
/// block.
struct Ahead {
  FetchPieces activations, weights;

  FetchPieces& next() { return activations.pieces > 0 ? activations : weights; }
};

/// Adds the sums of rows [r, r + kRows) to the output, or begins it with the first chunk.
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

/// One group of kCols columns against a block of rows as they are.
template <class Format, int kCols>
void multiply_raw(const Product& p, const Place& at, const std::byte*, Ahead& ahead) {
  const std::byte* x = p.x + static_cast<size_t>(at.i0) * p.x_stride + at.j * Format::kElementBytes;
  for (int64_t r = 0; r < at.rows; r += kTileRows) {
    const std::byte* rows[kTileRows];
    for (int i = 0; i < kTileRows; ++i) rows[i] = p.row(at.r0 + r + i) + at.j * Format::kWeightBytes;
    Totals<kTileRows * kCols> totals;
    add_rows<Format, kTileRows, kCols>(rows, at.n, x, p.x_stride, ahead.next(), totals.sums);
    put<kCols>(p, at, r, totals.sums);
  }
}

/// The same against a block of expanded rows.
template <class Format, int kCols>
void multiply_expanded(const Product& p, const Place& at, const std::byte* block, Ahead& ahead) {
  const std::byte* x = p.x + static_cast<size_t>(at.i0) * p.x_stride + at.j * Format::kElementBytes;
  const int64_t vectors = div_up<int64_t>(at.n, Format::kColumns) * Format::kVectors;
  for (int64_t r = 0; r < at.rows; r += kTileRows) {
    Totals<kTileRows * kCols> totals;
    add_expanded<Format, kCols>(block + r * vectors * kVectorBytes, vectors, x, p.x_stride, ahead.next(),
                                totals.sums);
    put<kCols>(p, at, r, totals.sums);
  }
}

using MultiplyGroup = void (*)(const Product&, const Place&, const std::byte*, Ahead&);

template <class Format, size_t... kIndex>
constexpr std::array<MultiplyGroup, sizeof...(kIndex)> raw_groups(std::index_sequence<kIndex...>) {
  return {multiply_raw<Format, static_cast<int>(kIndex) + 1>...};
}
template <class Format, size_t... kIndex>
constexpr std::array<MultiplyGroup, sizeof...(kIndex)> expanded_groups(std::index_sequence<kIndex...>) {
  return {multiply_expanded<Format, static_cast<int>(kIndex) + 1>...};
}

/// Stores n columns of one row as operands, the places of kTileRows rows apart.
template <class Format>
void expand_row(const std::byte* row, int64_t n, std::byte* out) {
  typename Format::Vector v[Format::kVectors];
  for (int64_t j = 0; j < n; j += Format::kColumns) {
    const std::byte* from = row + j * Format::kWeightBytes;
    if (j + Format::kColumns <= n)
      expand(Format{}, from, v);
    else
      expand_part(Format{}, from, n - j, v);
    for (int i = 0; i < Format::kVectors; ++i, out += kTileRows * kVectorBytes) save(out, v[i]);
  }
}

template <class Format>
void expand_block(const Product& p, const Place& at, std::byte* block) {
  const int64_t vectors = div_up<int64_t>(at.n, Format::kColumns) * Format::kVectors;
  for (int64_t r = 0; r < round_up<int64_t>(at.rows, kTileRows); ++r) {
    const int64_t vector = r / kTileRows * kTileRows * vectors + r % kTileRows;
    expand_row<Format>(p.row(at.r0 + r) + at.j * Format::kWeightBytes, at.n, block + vector * kVectorBytes);
  }
}

/// The rows that the block after `at` reads: beside it, or below at the end of k.
template <class Format>
FetchPieces rows_after(const Product& p, const Place& at, int64_t block_rows) {
  const int64_t r0 = at.last ? at.r0 + at.rows : at.r0, j = at.last ? 0 : at.j + at.n;
  const int64_t rows = std::min(block_rows, p.n_rows - r0), n = std::min(p.chunk, p.k - j);
  return {.piece = p.w + r0 * p.row_bytes + j * Format::kWeightBytes,
          .stride = p.row_bytes,
          .pieces = rows,
          .lines = div_up<int64_t>(n * Format::kWeightBytes, 64)};
}

/// All columns in groups as equal as can be, each against the block.
template <class Format, class Groups>
void multiply_block(const Product& p, Place at, const std::byte* block, const Groups& kernels,
                    int64_t block_rows, int64_t columns_per_step) {
  const int64_t groups = div_up(p.m, static_cast<int64_t>(kernels.size()));
  const int64_t lines = div_up<int64_t>(at.n * Format::kElementBytes, 64);
  const bool fetch_activations = p.m * static_cast<int64_t>(p.x_stride) > kResident;
  Ahead ahead{.activations = {.stride = static_cast<int64_t>(p.x_stride), .lines = lines},
              .weights = rows_after<Format>(p, at, block_rows)};
  const int64_t wanted = ahead.weights.pieces * ahead.weights.lines + (fetch_activations ? p.m * lines : 0);
  const int64_t steps = groups * div_up<int64_t>(at.rows, kTileRows) * div_up(at.n, columns_per_step);
  ahead.activations.per_step = ahead.weights.per_step = div_up(wanted, steps);
  for (int64_t g = 0; g < groups; ++g) {
    at.i0 = p.m * g / groups;
    const int64_t end = p.m * (g + 1) / groups;
    if (fetch_activations) {
      ahead.activations.piece = p.x + static_cast<size_t>(end) * p.x_stride + at.j * Format::kElementBytes;
      ahead.activations.pieces = p.m * std::min(g + 2, groups) / groups - end;
    }
    kernels[static_cast<size_t>(end - at.i0 - 1)](p, at, block, ahead);
  }
}

template <class Format, bool kExpanded, int64_t kRows>
void multiply_blocks(const Product& p) {
  constexpr int64_t kColumnsPerStep = kExpanded ? Format::kColumns / Format::kVectors : Format::kColumns;
  alignas(64) std::byte block[kExpanded ? kRows * kFloatChunkBytes : 1];
  static constexpr auto kKernels = [] {
    constexpr size_t kMaxColumns = kExpanded ? Format::kTileColumns : Format::kRawTileColumns;
    constexpr auto kGroups = std::make_index_sequence<kMaxColumns>();
    if constexpr (kExpanded)
      return expanded_groups<Format>(kGroups);
    else
      return raw_groups<Format>(kGroups);
  }();
  for (int64_t r0 = 0; r0 < p.n_rows; r0 += kRows) {
    const int64_t rows = std::min(kRows, p.n_rows - r0);
    for (int64_t j = 0; j < p.k; j += p.chunk) {
      const int64_t n = std::min(p.chunk, p.k - j);
      const Place at{r0, rows, j, n, 0, j == 0 && !p.add, j + n == p.k};
      if constexpr (kExpanded) expand_block<Format>(p, at, block);
      multiply_block<Format>(p, at, block, kKernels, kRows, kColumnsPerStep);
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
void multiply_product(const Product& p) {
  if (p.n_rows <= 0 || p.m <= 0) return;
  constexpr size_t kFew = std::size(Format::kStreamedRows);
  if (p.m <= static_cast<int64_t>(kFew))
    multiply_few<Format>(p, std::make_index_sequence<kFew>());
  else if (p.m <= Format::kRawColumns)
    multiply_blocks<Format, false, kFewRows>(p);
  else if (p.m <= kMediumBatch)
    multiply_blocks<Format, true, kFewRows>(p);
  else
    multiply_blocks<Format, true, kExpandedRows>(p);
}

template <class Format>
void multiply(const std::byte* w, int64_t row_bytes, int64_t n_rows, int64_t k, const std::byte* x, int64_t m,
              const float* row_scale, float* out, int64_t ldo) noexcept {
  multiply_product<Format>({w, row_bytes, n_rows, k, x, activation_bytes<Format>(k), m, row_scale, out, ldo,
                            float_chunk_columns(k, Format::kElementBytes), false});
}

template <class Format>
void multiply_add(const std::byte* w, int64_t row_bytes, int64_t n_rows, int64_t k, const std::byte* x,
                  int64_t m, float* out, int64_t ldo) noexcept {
  multiply_product<Format>({w, row_bytes, n_rows, k, x, activation_bytes<Format>(k), m, nullptr, out, ldo,
                            float_chunk_columns(k, Format::kElementBytes), true});
}

// ---- columns as rows ---------------------------------------------------------------------------------

constexpr int64_t kTurned = 16;  // columns turned at a time

/// rows[c][j] = x[j * ldx + c] for j in [0, k), c in [0, n); zeros where j or c is beyond.
inline void turn(const float* x, int64_t ldx, int64_t k, int64_t n, float (&rows)[kTurned][kFloatPadding]) {
  int64_t j = 0;
  if (n == kTurned)
    for (; j + kTurned <= k; j += kTurned) turn_tile(x + j * ldx, ldx, &rows[0][j], kFloatPadding);
  for (int64_t c = 0; c < kTurned; ++c)
    for (int64_t i = j; i < kFloatPadding; ++i) rows[c][i] = c < n && i < k ? x[i * ldx + c] : 0.0f;
}

/// Calls put(c, j, row, n) for every column c and every j that is a multiple of kFloatPadding: row holds
/// x[j + i][c] for i in [0, n) and zeros behind.
template <class Put>
inline void turn_columns(const float* x, int64_t ldx, int64_t k, int64_t n, Put put) {
  alignas(64) float rows[kTurned][kFloatPadding];
  for (int64_t c0 = 0; c0 < n; c0 += kTurned) {
    const int64_t columns = std::min(kTurned, n - c0);
    for (int64_t j = 0; j < k; j += kFloatPadding) {
      const int64_t part = std::min(kFloatPadding, k - j);
      turn(x + j * ldx + c0, ldx, part, columns, rows);
      for (int64_t c = 0; c < columns; ++c) put(c0 + c, j, rows[c], part);
    }
  }
}

template <class Format>
void prepare_columns(const float* x, int64_t ldx, int64_t k, int64_t n, std::byte* out) noexcept {
  const size_t stride = activation_bytes<Format>(k);
  turn_columns(x, ldx, k, n, [&](int64_t c, int64_t j, const float* row, int64_t) {
    std::byte* to = out + static_cast<size_t>(c) * stride + j * Format::kElementBytes;
    for (int64_t s = 0; s < kFloatPadding; s += Format::kColumns)
      store_activations(Format{}, row + s, 1.0f, to + s * Format::kElementBytes);
  });
}

void round_columns_f32(const float* x, int64_t ldx, int64_t k, int64_t n, std::byte* w,
                       int64_t row_bytes) noexcept {
  turn_columns(x, ldx, k, n, [&](int64_t c, int64_t j, const float* row, int64_t part) {
    std::memcpy(w + c * row_bytes + j * 4, row, static_cast<size_t>(part) * 4);
  });
}

void round_columns_bf16(const float* x, int64_t ldx, int64_t k, int64_t n, std::byte* w,
                        int64_t row_bytes) noexcept {
  turn_columns(x, ldx, k, n, [&](int64_t c, int64_t j, const float* row, int64_t part) {
    alignas(64) bf16 rounded[kFloatPadding];
    round_to_bf16(row, rounded);
    std::byte* to = w + c * row_bytes + j * 2;
    if (part == kFloatPadding)
      std::memcpy(to, rounded, sizeof rounded);
    else
      std::memcpy(to, rounded, static_cast<size_t>(part) * 2);
  });
}

template <class Format>
constexpr FloatFormat float_format(void (*round_columns)(const float*, int64_t, int64_t, int64_t, std::byte*,
                                                         int64_t) noexcept = nullptr) {
  return {activation_bytes<Format>,
          prepare<Format>,
          multiply<Format>,
          multiply_add<Format>,
          round_columns ? prepare_columns<Format> : nullptr,
          round_columns};
}
