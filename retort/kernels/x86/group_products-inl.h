// The blocking of a product with scales per group of columns, shared by the levels. Included inside a target
// region and an anonymous namespace, after the level's vector vocabulary:
//   Sum, kVectorBytes, zero(), splat(x): the accumulator of one output, of f32; bytes of an operand vector.
//   multiply_add(sum, w, x), load(p, vector): of operand vectors. fma(a, b, c): of sums.
//   add_sums(sums, totals): adds N accumulators' horizontal sums to totals; room for a multiple of 16.
// and two formats, Int4 and F8, that have:
//   Vector, Raw, kStep, kStepBytes, kVectors: operand vector; columns of a step as they come and as they
//   become. kActivationBytes: of the activations of a step. kBiased: behind their vectors stands one that the
//   step's products begin with. kRowScales: scales belong to rows of weights, not to rows of activations.
//   kRows, kCols, kStreamedRows: of a tile, and of one beside a single row of activations.
//   load_raw(p), vector<v>(raw), store_activations(x, out): kGroupPadding values.
//   row_scale(scales, group, column): what multiplies a step's sums, lane by lane (with kRowScales).

#include "retort/kernels/x86/touch_page-inl.h"

struct Product {
  const std::byte* w;
  int64_t row_bytes, n_rows, k;
  const std::byte* x;
  size_t x_stride;
  int64_t m;
  float* out;
  int64_t ldo;
  const bf16* row_scales;  // Int4
  int64_t scale_stride;
  int group;
  const float* column_scales;  // F8
  int64_t chunk;

  int64_t row(int64_t r) const { return std::min(r, n_rows - 1); }
};

template <class Format>
size_t activation_bytes(int64_t k) noexcept {
  return group_activation_bytes(k, Format::kStep, Format::kActivationBytes);
}

template <class Format>
void prepare(const float* x, int64_t k, std::byte* out) noexcept {
  alignas(64) float padded[kGroupPadding];
  for (int64_t j = 0; j < k; j += kGroupPadding) {
    const float* from = x + j;
    if (k - j < kGroupPadding) {
      std::fill(std::copy(from, x + k, padded), std::end(padded), 0.0f);
      from = padded;
    }
    Format::store_activations(from, out + j / Format::kStep * Format::kActivationBytes);
  }
}

// ---- tiles -----------------------------------------------------------------------------------------------

/// A step's products of R rows and C rows of activations, vector by vector.
template <class Format, int v, int R, int C>
inline void add_vectors(const typename Format::Raw (&raw)[R], const std::byte* x, size_t x_stride,
                        Sum (&parts)[R * C]) {
  if constexpr (v < Format::kVectors) {
    typename Format::Vector w[R];
    RETORT_UNROLL
    for (int r = 0; r < R; ++r) w[r] = Format::template vector<v>(raw[r]);
    RETORT_UNROLL
    for (int c = 0; c < C; ++c) {
      typename Format::Vector xv;
      load(x + static_cast<size_t>(c) * x_stride + v * kVectorBytes, xv);
      RETORT_UNROLL
      for (int r = 0; r < R; ++r) parts[c * R + r] = multiply_add(parts[c * R + r], w[r], xv);
    }
    add_vectors<Format, v + 1, R, C>(raw, x, x_stride, parts);
  }
}

/// R rows of weights and what belongs to them, from some column on.
template <int R>
struct Rows {
  const std::byte* w[R];
  const bf16* scales[R];
};

/// One step of a tile: its products times their scales.
template <class Format, int R, int C>
inline void add_step(const Product& p, const typename Format::Raw (&raw)[R], const Rows<R>& rows,
                     int64_t column, int64_t i0, Sum (&sums)[R * C]) {
  const std::byte* x =
      p.x + static_cast<size_t>(i0) * p.x_stride + column / Format::kStep * Format::kActivationBytes;
  Sum parts[R * C];
  RETORT_UNROLL
  for (int c = 0; c < C; ++c) {
    Sum start = zero();
    if constexpr (Format::kBiased)
      load(x + static_cast<size_t>(c) * p.x_stride + Format::kVectors * kVectorBytes, start);
    RETORT_UNROLL
    for (int r = 0; r < R; ++r) parts[c * R + r] = start;
  }
  add_vectors<Format, 0, R, C>(raw, x, p.x_stride, parts);
  if constexpr (Format::kRowScales) {
    RETORT_UNROLL
    for (int r = 0; r < R; ++r) {
      const Sum scale = Format::row_scale(rows.scales[r], p.group, column);
      RETORT_UNROLL
      for (int c = 0; c < C; ++c) sums[c * R + r] = fma(parts[c * R + r], scale, sums[c * R + r]);
    }
  } else {
    const int64_t blocks = div_up(p.k, kF8Block);
    RETORT_UNROLL
    for (int c = 0; c < C; ++c) {
      const Sum scale = splat(p.column_scales[(i0 + c) * blocks + column / kF8Block]);
      RETORT_UNROLL
      for (int r = 0; r < R; ++r) sums[c * R + r] = fma(parts[c * R + r], scale, sums[c * R + r]);
    }
  }
}

/// The last columns of a row, filled up with zero bytes: reads nothing behind them.
template <class Format>
inline typename Format::Raw load_part(const std::byte* p, int64_t columns) {
  alignas(64) std::byte copy[Format::kStepBytes] = {};
  std::memcpy(copy, p, static_cast<size_t>(columns * Format::kStepBytes / Format::kStep));
  return Format::load_raw(copy);
}

/// Adds columns [j, j + n) of rows [r0, r0 + R) against C rows of activations to totals[c * R + r]. With
/// kStream the rows are read once, and those after them are fetched meanwhile.
template <class Format, int R, int C, bool kStream>
inline void add_tile(const Product& p, int64_t r0, int64_t i0, int64_t j, int64_t n, float* totals) {
  constexpr int64_t kStep = Format::kStep, kBytes = Format::kStepBytes;
  Rows<R> rows;
  for (int r = 0; r < R; ++r) {
    rows.w[r] = p.w + p.row(r0 + r) * p.row_bytes + j / kStep * kBytes;
    rows.scales[r] = p.row_scales + p.row(r0 + r) * p.scale_stride;
  }
  const std::byte* ahead = p.w + (r0 + R) * p.row_bytes + j / kStep * kBytes * R;
  Sum sums[R * C];
  RETORT_UNROLL
  for (int i = 0; i < R * C; ++i) sums[i] = zero();
  typename Format::Raw raw[R];
  int64_t at = 0;
  for (; at + kStep <= n; at += kStep) {
    if constexpr (kStream) {
      RETORT_UNROLL
      for (int b = 0; b < R * kBytes; b += 64) __builtin_prefetch(ahead + b, 0, 2);
      touch_page(ahead);
      ahead += R * kBytes;
    }
    RETORT_UNROLL
    for (int r = 0; r < R; ++r) raw[r] = Format::load_raw(rows.w[r] + at / kStep * kBytes);
    add_step<Format, R, C>(p, raw, rows, j + at, i0, sums);
  }
  if (at < n) {
    for (int r = 0; r < R; ++r) raw[r] = load_part<Format>(rows.w[r] + at / kStep * kBytes, n - at);
    add_step<Format, R, C>(p, raw, rows, j + at, i0, sums);
  }
  add_sums(sums, totals);
}

template <int kCount>
struct Totals {
  alignas(64) float sums[round_up(kCount, 16)];
  Totals() { std::fill(std::begin(sums), std::end(sums), -0.0f); }  // -0 + x = x for every x
};

// ---- blocking --------------------------------------------------------------------------------------------

/// C rows of activations against rows that stream from memory.
template <class Format, int C>
void multiply_streamed(const Product& p) {
  constexpr int R = C == 1 ? Format::kStreamedRows : Format::kRows;
  for (int64_t r0 = 0; r0 < p.n_rows; r0 += R) {
    Totals<R * C> totals;
    for (int64_t j = 0; j < p.k; j += p.chunk)
      add_tile<Format, R, C, true>(p, r0, 0, j, std::min(p.chunk, p.k - j), totals.sums);
    for (int c = 0; c < C; ++c)
      std::copy_n(totals.sums + c * R, std::min<int64_t>(R, p.n_rows - r0), p.out + c * p.ldo + r0);
  }
}

/// C rows of activations against one chunk of rows [r0, end).
template <class Format, int C>
void multiply_block(const Product& p, int64_t r0, int64_t end, int64_t j, int64_t i0) {
  constexpr int R = Format::kRows;
  for (; r0 < end; r0 += R) {
    Totals<R * C> totals;
    add_tile<Format, R, C, false>(p, r0, i0, j, std::min(p.chunk, p.k - j), totals.sums);
    for (int c = 0; c < C; ++c) {
      float* out = p.out + (i0 + c) * p.ldo + r0;
      for (int64_t r = 0; r < std::min<int64_t>(R, end - r0); ++r)
        out[r] = j == 0 ? totals.sums[c * R + r] : out[r] + totals.sums[c * R + r];
    }
  }
}

constexpr int64_t kBlockRows = 64;  // whose chunk stays in the second-level cache

/// By the rows of activations less one.
template <class Format, int... n>
void multiply_blocks(const Product& p, std::integer_sequence<int, n...>) {
  static constexpr void (*kBySize[])(const Product&, int64_t, int64_t, int64_t,
                                     int64_t) = {multiply_block<Format, n + 1>...};
  const int64_t groups = div_up<int64_t>(p.m, Format::kCols);
  for (int64_t r0 = 0; r0 < p.n_rows; r0 += kBlockRows)
    for (int64_t j = 0; j < p.k; j += p.chunk)
      for (int64_t g = 0; g < groups; ++g) {
        const int64_t begin = p.m * g / groups, end = p.m * (g + 1) / groups;
        kBySize[end - begin - 1](p, r0, std::min(p.n_rows, r0 + kBlockRows), j, begin);
      }
}

template <class Format, int... n>
void multiply_few(const Product& p, std::integer_sequence<int, n...>) {
  static constexpr void (*kBySize[])(const Product&) = {multiply_streamed<Format, n + 1>...};
  kBySize[p.m - 1](p);
}

template <class Format>
void multiply_product(const Product& p) {
  if (p.n_rows <= 0 || p.m <= 0) return;
  constexpr auto kSizes = std::make_integer_sequence<int, Format::kCols>();
  p.m <= Format::kCols ? multiply_few<Format>(p, kSizes) : multiply_blocks<Format>(p, kSizes);
}

void multiply_int4(const Int4Rows& w, int64_t n_rows, int64_t k, const std::byte* x, int64_t m, float* out,
                   int64_t ldo) noexcept {
  multiply_product<Int4>({w.q, k / 2, n_rows, k, x, activation_bytes<Int4>(k), m, out, ldo, w.scales,
                          int4_scale_stride(k, w.group), w.group, nullptr, group_chunk_columns(k)});
}

void multiply_f8(const std::byte* w, int64_t n_rows, int64_t k, const std::byte* x, int64_t m,
                 const float* scales, float* out, int64_t ldo) noexcept {
  multiply_product<F8>({w, k, n_rows, k, x, activation_bytes<F8>(k), m, out, ldo, nullptr, 0, 0, scales,
                        group_chunk_columns(k)});
}

constexpr GroupProducts kTable{{activation_bytes<Int4>, prepare<Int4>, multiply_int4},
                               {activation_bytes<F8>, prepare<F8>, multiply_f8}};
