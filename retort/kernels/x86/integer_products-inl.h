// The integer products of one x86 level, written over a small vector vocabulary. Included inside a target
// region and an anonymous namespace, after the level has defined:
//   Ints, Floats, kLanes, kColumnsAtOnce, kSignedBytes, load, load_floats, load_halves, low_halves,
//   high_halves, splat, store, low_bits, shift_*, merge_bits, bytes_at, to_floats, mul, fma, dot, ...
// A level with 8 lanes takes each panel as two parts, rows 0..7 and 8..15.
//
// Few columns are multiplied directly from the packed panel. For many, a tile of a panel is first brought
// into bytes and f32 scales, and all columns run over it from the cache. Both make the same float operations.

// ---- formats: how 32 columns come out of a packed block ------------------------------------------

/// 32 columns of kLanes rows as unsigned bytes: w[v] holds columns 4 v to 4 v + 3 of each row in a dword.
struct Group {
  Ints w[8];
  Floats scale;
  Floats second;  // of k-quants: the minimum (q4_k, q5_k) or the scale of columns 16..31 (q6_k)
};

/// What a format's second vector means.
enum class Second { none, minimum, scale };

/// Vector i of dwords of a block; `block` already points at this part's lanes.
RETORT_INLINE Ints dwords(const std::byte* block, int i) {
  return load(block + 4 * kPanelRows * i);
}

RETORT_INLINE Floats halves(const std::byte* block, int n_dwords, int part) {
  // The halves are 2 bytes apart where dwords are 4, so the part's offset is half as large.
  return load_halves(block + 4 * kPanelRows * n_dwords - 2 * kLanes * part);
}

struct Q8_0 : PanelQ8_0 {
  static constexpr int kGroups = 1, kBias = 128, kLargest = 255;
  static constexpr Second kSecond = Second::none;
  struct Header {
    Floats d;
  };
  static RETORT_INLINE Header header(const std::byte* block, int part) {
    return {halves(block, kDwords, part)};
  }
  template <int g>
  static RETORT_INLINE void group(const std::byte* block, const Header& h, Group& out) {
    for (int v = 0; v < 8; ++v) out.w[v] = dwords(block, v);
    out.scale = h.d;
  }
};

struct Q4_0 : PanelQ4_0 {
  static constexpr int kGroups = 1, kBias = 8, kLargest = 15;
  static constexpr Second kSecond = Second::none;
  using Header = Q8_0::Header;
  static RETORT_INLINE Header header(const std::byte* block, int part) {
    return {halves(block, kDwords, part)};
  }
  template <int g>
  static RETORT_INLINE void group(const std::byte* block, const Header& h, Group& out) {
    for (int v = 0; v < 4; ++v) {
      out.w[v] = low_bits<0x0f>(dwords(block, v));
      out.w[v + 4] = low_bits<0x0f>(shift_right<4>(dwords(block, v)));
    }
    out.scale = h.d;
  }
};

/// d and dmin, and the 6-bit scales and minimums of groups 0..3 and 4..7, one to a byte.
struct ScaleMinHeader {
  Floats d, dmin;
  Ints scales[2], mins[2];
};

RETORT_INLINE ScaleMinHeader scale_min_header(const std::byte* block) {
  const Ints s0 = dwords(block, 1), s1 = dwords(block, 2), s2 = dwords(block, 3);
  ScaleMinHeader h;
  h.d = low_halves(dwords(block, 0));
  h.dmin = high_halves(dwords(block, 0));
  h.scales[0] = low_bits<0x3f>(s0);
  h.mins[0] = low_bits<0x3f>(s1);
  h.scales[1] = merge_bits<0x30>(shift_right<2>(s0), low_bits<0x0f>(s2));
  h.mins[1] = merge_bits<0x30>(shift_right<2>(s1), low_bits<0x0f>(shift_right<4>(s2)));
  return h;
}

template <int g>
RETORT_INLINE void scale_min(const ScaleMinHeader& h, Group& out) {
  out.scale = mul(h.d, to_floats(byte_of<g % 4>(h.scales[g / 4])));
  out.second = mul(h.dmin, to_floats(byte_of<g % 4>(h.mins[g / 4])));
}

struct Q4_K : PanelQ4_K {
  static constexpr int kGroups = 8, kBias = 0, kLargest = 15;
  static constexpr Second kSecond = Second::minimum;
  using Header = ScaleMinHeader;
  static RETORT_INLINE Header header(const std::byte* block, int) { return scale_min_header(block); }
  template <int g>
  static RETORT_INLINE void group(const std::byte* block, const Header& h, Group& out) {
    for (int v = 0; v < 8; ++v)
      out.w[v] = low_bits<0x0f>(shift_right<4 * (g % 2)>(dwords(block, 4 + 8 * (g / 2) + v)));
    scale_min<g>(h, out);
  }
};

struct Q5_K : PanelQ5_K {
  static constexpr int kGroups = 8, kBias = 0, kLargest = 31;
  static constexpr Second kSecond = Second::minimum;
  using Header = ScaleMinHeader;
  static RETORT_INLINE Header header(const std::byte* block, int) { return scale_min_header(block); }
  template <int g>
  static RETORT_INLINE void group(const std::byte* block, const Header& h, Group& out) {
    for (int v = 0; v < 8; ++v) {
      Ints low = low_bits<0x0f>(shift_right<4 * (g % 2)>(dwords(block, 12 + 8 * (g / 2) + v)));
      out.w[v] = merge_bits<0x10>(shift_right<g - 4>(dwords(block, 4 + v)), low);
    }
    scale_min<g>(h, out);
  }
};

struct Q6_K : PanelQ6_K {
  static constexpr int kGroups = 8, kBias = 32, kLargest = 63;
  static constexpr Second kSecond = Second::scale;
  struct Header {
    Floats d;
  };
  static RETORT_INLINE Header header(const std::byte* block, int part) {
    return {halves(block, kDwords, part)};
  }
  template <int g>
  static RETORT_INLINE void group(const std::byte* block, const Header& h, Group& out) {
    constexpr int half = g / 4, quarter = g % 4;
    for (int v = 0; v < 8; ++v) {
      Ints low = dwords(block, 16 * half + 8 * (quarter & 1) + v);
      low = low_bits<0x0f>(shift_right < quarter < 2 ? 0 : 4 > (low));
      out.w[v] = merge_bits<0x30>(shift_right<2 * quarter - 4>(dwords(block, 32 + 8 * half + v)), low);
    }
    const Ints scales = dwords(block, 48 + g / 2);
    out.scale = mul(h.d, to_floats(signed_byte_of<2 * (g % 2)>(scales)));
    out.second = mul(h.d, to_floats(signed_byte_of<2 * (g % 2) + 1>(scales)));
  }
};

// ---- the product of one group with NY columns ----------------------------------------------------

/// NY columns of activations within a block of `width`, from some group on. `bias` is the array that the
/// format's bias needs, one value per column and dot product; any if there is none.
struct Columns {
  const int8_t* q;
  const float* scale;
  const float* offset;
  const int32_t* bias;
  int64_t width;
};

template <typename Format>
RETORT_INLINE Columns columns_at(const Q8Activations& x, int64_t column, int64_t group) {
  const int64_t at = x.at(column, group);
  const int32_t* bias = x.bias_8 + at;
  if constexpr (Format::kBias == 32) bias = x.bias_32 + x.bias_32_at(column, group, 0);
  if constexpr (Format::kBias == 128) bias = x.bias_128 + at;
  return {x.q + at * kActivationGroup, x.scale + at, x.offset + at, bias,
          x.width(column / kActivationBlock * kActivationBlock)};
}

template <typename Format>
RETORT_INLINE Columns next_group(Columns x) {
  constexpr int kDots = Format::kSecond == Second::scale ? 2 : 1;
  return {x.q + x.width * kActivationGroup, x.scale + x.width, x.offset + x.width, x.bias + kDots * x.width,
          x.width};
}

/// What a dot product of unsigned weights starts from: -bias * sum(q).
template <typename Format>
RETORT_INLINE Ints start(const int32_t* bias) {
  if constexpr (Format::kBias == 0 || (kSignedBytes && Format::kLargest == 255))
    return splat(0);
  else
    return splat(*bias);
}

template <typename Format, int NY>
RETORT_INLINE void add_group(const Group& w, const Columns& x, Floats (&sum)[NY]) {
  Ints acc[NY];
  if constexpr (Format::kSecond == Second::scale) {
    Floats first[NY];
    for (int c = 0; c < NY; ++c) acc[c] = start<Format>(x.bias + c);
    dot<Format::kLargest, 4, NY>(w.w, x.q, acc);
    for (int c = 0; c < NY; ++c) first[c] = mul(to_floats(acc[c]), w.scale);
    for (int c = 0; c < NY; ++c) acc[c] = start<Format>(x.bias + x.width + c);
    dot<Format::kLargest, 4, NY>(w.w + 4, x.q + 16, acc);
    for (int c = 0; c < NY; ++c)
      sum[c] = fma(fma(to_floats(acc[c]), w.second, first[c]), splat(x.scale[c]), sum[c]);
  } else {
    for (int c = 0; c < NY; ++c) acc[c] = start<Format>(x.bias + c);
    dot<Format::kLargest, 8, NY>(w.w, x.q, acc);
    for (int c = 0; c < NY; ++c) sum[c] = fma(to_floats(acc[c]), mul(w.scale, splat(x.scale[c])), sum[c]);
    if constexpr (Format::kSecond == Second::minimum)
      for (int c = 0; c < NY; ++c) sum[c] = fma(w.second, splat(x.offset[c]), sum[c]);
  }
}

// ---- products ------------------------------------------------------------------------------------

/// Where a product's sums go: column c to out + c * ldo, `lanes` rows of it. They begin at what stands there
/// if `resume`, at zero otherwise.
struct Sums {
  float* out;
  int64_t ldo;
  int lanes;
  bool resume;
};

template <int NY>
RETORT_INLINE void load_sums(const Sums& s, Floats (&sum)[NY]) {
  for (int c = 0; c < NY; ++c) sum[c] = s.resume ? load_some(s.out + c * s.ldo, s.lanes) : splat(0.0f);
}

template <int NY>
RETORT_INLINE void store_sums(const Sums& s, const Floats (&sum)[NY]) {
  for (int c = 0; c < NY; ++c) store_some(s.out + c * s.ldo, s.lanes, sum[c]);
}

#include "retort/kernels/x86/touch_page-inl.h"

// Packed weights are fetched ahead of their use. Into the second level: the first one has too few outstanding
// misses to keep the memory busy (24 lines on Zen 4).

/// As many bytes with every group of columns as a group has, and a line of the page kTouchAhead further on.
/// For one pass over the weights.
template <typename Format>
struct FetchAll {
  static constexpr int kBytes = Format::kPanelBytes / Format::kGroups;
  const std::byte* at;

  RETORT_INLINE void step() {
    RETORT_UNROLL for (int i = 0; i < kBytes; i += 64) __builtin_prefetch(at + i, 0, 2);
    touch_page(at);
    at += kBytes;
  }
};

/// `bytes` with every group: the share of one of several passes, or nothing. These are bound by arithmetic,
/// and slower if pages are touched.
struct FetchPart {
  const std::byte* at;
  int64_t bytes;

  RETORT_INLINE void step() {
    for (int64_t i = 0; i < bytes; i += 64) __builtin_prefetch(at + i, 0, 2);
    at += bytes;
  }
};

/// Fetches the outputs of the NY columns after these, which the next call will write.
template <int NY>
RETORT_INLINE void prefetch_next(const Sums& s) {
  for (int c = NY; c < 2 * NY; ++c) __builtin_prefetch(s.out + c * s.ldo, 1);
}

template <typename Format, int NY, int g, typename Fetch>
RETORT_INLINE Columns add_block(const std::byte* block, const typename Format::Header& header, Columns x,
                                Fetch& ahead, Floats (&sum)[NY]) {
  if constexpr (g < Format::kGroups) {
    ahead.step();
    Group w;
    Format::template group<g>(block, header, w);
    add_group<Format, NY>(w, x, sum);
    return add_block<Format, NY, g + 1>(block, header, next_group<Format>(x), ahead, sum);
  } else {
    return x;
  }
}

/// NY columns straight from n_blocks packed blocks.
template <typename Format, int NY, typename Fetch>
void multiply_packed(const std::byte* panel, int part, int64_t n_blocks, Columns x, Sums out, Fetch ahead) {
  Floats sum[NY];
  load_sums(out, sum);
  const std::byte* block = panel + 4 * kLanes * part;
  for (int64_t b = 0; b < n_blocks; ++b, block += Format::kPanelBytes) {
    x = add_block<Format, NY, 0>(block, Format::header(block, part), x, ahead, sum);
  }
  store_sums(out, sum);
}

/// Bytes of one group of a tile.
template <typename Format>
constexpr int kTileGroup = (Format::kSecond == Second::none ? 9 : 10) * 4 * kLanes;

template <typename Format, int g>
RETORT_INLINE std::byte* write_block(const std::byte* block, const typename Format::Header& header,
                                     std::byte* tile) {
  if constexpr (g < Format::kGroups) {
    Group w;
    Format::template group<g>(block, header, w);
    for (int v = 0; v < 8; ++v) store(tile + 4 * kLanes * v, w.w[v]);
    store(tile + 4 * kLanes * 8, w.scale);
    if constexpr (Format::kSecond != Second::none) store(tile + 4 * kLanes * 9, w.second);
    return write_block<Format, g + 1>(block, header, tile + kTileGroup<Format>);
  } else {
    return tile;
  }
}

template <typename Format>
void write_tile(const std::byte* panel, int part, int64_t n_blocks, std::byte* tile) {
  const std::byte* block = panel + 4 * kLanes * part;
  for (int64_t b = 0; b < n_blocks; ++b, block += Format::kPanelBytes)
    tile = write_block<Format, 0>(block, Format::header(block, part), tile);
}

/// NY columns over a tile.
template <typename Format, int NY>
void multiply_tile(const std::byte* tile, int64_t n_groups, Columns x, Sums out, FetchPart ahead) {
  Floats sum[NY];
  load_sums(out, sum);
  prefetch_next<NY>(out);
  for (int64_t g = 0; g < n_groups; ++g, tile += kTileGroup<Format>) {
    ahead.step();
    Group w;
    for (int v = 0; v < 8; ++v) w.w[v] = load(tile + 4 * kLanes * v);
    w.scale = load_floats(tile + 4 * kLanes * 8);
    if constexpr (Format::kSecond != Second::none) w.second = load_floats(tile + 4 * kLanes * 9);
    add_group<Format, NY>(w, x, sum);
    x = next_group<Format>(x);
  }
  store_sums(out, sum);
}

// ---- blocking ------------------------------------------------------------------------------------

constexpr int64_t kTileColumns = 1024;      // weights: a tile of 18 to 20 KiB stays in the first-level cache
constexpr int64_t kSlabBytes = 512 * 1024;  // activations: half of a second-level cache of 1 MiB
constexpr int64_t kMaxRows = kSlabBytes / kTileColumns;  // of activations that share a slab

template <typename Fetch>
using MultiplyPacked = void (*)(const std::byte*, int, int64_t, Columns, Sums, Fetch);
using MultiplyTile = void (*)(const std::byte*, int64_t, Columns, Sums, FetchPart);

template <typename Format, typename Fetch, int... n>
constexpr auto packed_by_width(std::integer_sequence<int, n...>) {
  return std::array<MultiplyPacked<Fetch>, sizeof...(n)>{multiply_packed<Format, n + 1, Fetch>...};
}
template <typename Format, int... n>
constexpr auto tile_by_width(std::integer_sequence<int, n...>) {
  return std::array<MultiplyTile, sizeof...(n)>{multiply_tile<Format, n + 1>...};
}

template <typename Format, typename Fetch>
constexpr auto kPackedByWidth =
    packed_by_width<Format, Fetch>(std::make_integer_sequence<int, kColumnsAtOnce>());
template <typename Format>
constexpr auto kTileByWidth = tile_by_width<Format>(std::make_integer_sequence<int, kColumnsAtOnce>());

/// One multiplication: the arguments of IntegerFormat::multiply.
struct Task {
  const std::byte* panels;
  int64_t n_rows;
  const Q8Activations& x;
  float* out;
  int64_t ldo;
  std::byte* tile;
};

/// Columns of activations of one product from `i` on: a whole block, or as many as the registers hold.
RETORT_INLINE int64_t next_columns(const Q8Activations& x, int64_t i, int64_t end) {
  const int64_t block_end = std::min(end, (i / kActivationBlock + 1) * kActivationBlock);
  static_cast<void>(x);
  return std::min<int64_t>(block_end - i, kColumnsAtOnce);
}

RETORT_INLINE Sums sums_at(const Task& t, int64_t panel, int part, int64_t column, bool resume) {
  const int64_t row = panel * kPanelRows + part * kLanes;
  return {t.out + column * t.ldo + row, t.ldo, static_cast<int>(std::min<int64_t>(kLanes, t.n_rows - row)),
          resume};
}

constexpr int kParts = kPanelRows / kLanes;

/// Bytes of 16 rows of one group.
template <typename Format>
constexpr int kPackedGroup = Format::kPanelBytes / Format::kGroups;

/// How far ahead weights are fetched by the direct product of up to 8 columns, in bytes.
constexpr int64_t kAhead = 6144;

/// Up to 8 columns, which pass once over the packed weights.
template <typename Format>
void multiply_direct(const Task& t) {
  const int64_t n_blocks = t.x.k / Format::kColumns, n_panels = (t.n_rows + kPanelRows - 1) / kPanelRows;
  for (int64_t p = 0; p < n_panels; ++p) {
    const std::byte* panel = t.panels + p * n_blocks * Format::kPanelBytes;
    for (int part = 0; part < kParts && p * kPanelRows + part * kLanes < t.n_rows; ++part) {
      for (int64_t i = 0, n; i < t.x.m; i += n) {
        n = next_columns(t.x, i, t.x.m);
        kPackedByWidth<Format, FetchAll<Format>>[static_cast<size_t>(n - 1)](
            panel, part, n_blocks, columns_at<Format>(t.x, i, 0), sums_at(t, p, part, i, false),
            {panel + kAhead});
      }
    }
  }
}

/// Columns [j, j + n) of weights of one panel times all rows of activations, which pass over the packed
/// weights as often as the registers demand; these stay in the first-level cache meanwhile. Every pass
/// fetches its part of the next weights, so that the memory never rests.
template <typename Format>
void multiply_packed_chunk(const Task& t, int64_t p, int64_t j, int64_t n) {
  const int64_t n_blocks = n / Format::kColumns;
  const std::byte* packed = t.panels + (p * t.x.k + j) / Format::kColumns * Format::kPanelBytes;
  const int64_t bytes = n_blocks * Format::kPanelBytes,
                passes = kParts * ((t.x.m + kColumnsAtOnce - 1) / kColumnsAtOnce);
  FetchPart ahead{packed + bytes, (kPackedGroup<Format> + passes - 1) / passes};
  for (int part = 0; part < kParts && p * kPanelRows + part * kLanes < t.n_rows; ++part) {
    for (int64_t i = 0, width; i < t.x.m; i += width) {
      width = next_columns(t.x, i, t.x.m);
      kPackedByWidth<Format, FetchPart>[static_cast<size_t>(width - 1)](
          packed, part, n_blocks, columns_at<Format>(t.x, i, j / kActivationGroup),
          sums_at(t, p, part, i, j > 0), ahead);
      ahead.at += n / kActivationGroup * ahead.bytes;
    }
  }
}

constexpr int64_t kChunkColumns = 512;  // weights: 4 to 9 KiB, beside the activations of up to 24 columns

template <typename Format>
void multiply_chunked(const Task& t) {
  const int64_t n_panels = (t.n_rows + kPanelRows - 1) / kPanelRows;
  for (int64_t p = 0; p < n_panels; ++p)
    for (int64_t j = 0; j < t.x.k; j += kChunkColumns)
      multiply_packed_chunk<Format>(t, p, j, std::min(kChunkColumns, t.x.k - j));
}

/// Columns [j, j + n) of weights of one panel times rows [begin, end) of activations.
template <typename Format>
void multiply_panel_tile(const Task& t, int64_t p, int64_t j, int64_t n, int64_t begin, int64_t end) {
  const int64_t n_blocks = n / Format::kColumns;
  const std::byte* packed = t.panels + (p * t.x.k + j) / Format::kColumns * Format::kPanelBytes;
  const std::byte* ahead = packed + n_blocks * Format::kPanelBytes;
  for (int part = 0; part < kParts && p * kPanelRows + part * kLanes < t.n_rows; ++part) {
    write_tile<Format>(packed, part, n_blocks, t.tile);
    for (int64_t i = begin, width; i < end; i += width) {
      width = next_columns(t.x, i, end);
      kTileByWidth<Format>[static_cast<size_t>(width - 1)](
          t.tile, n / kActivationGroup, columns_at<Format>(t.x, i, j / kActivationGroup),
          sums_at(t, p, part, i, j > 0), {ahead, part == 0 && i == begin ? kPackedGroup<Format> : 0});
    }
  }
}

/// Slabs of activations that stay in the second-level cache, all panels over each, in tiles.
template <typename Format>
void multiply_tiled(const Task& t) {
  const int64_t n_panels = (t.n_rows + kPanelRows - 1) / kPanelRows;
  for (int64_t begin = 0; begin < t.x.m; begin += kMaxRows) {
    const int64_t end = std::min(t.x.m, begin + kMaxRows);
    const int64_t slab = std::max<int64_t>(1, kSlabBytes / (end - begin) / kTileColumns) * kTileColumns;
    for (int64_t first = 0; first < t.x.k; first += slab) {
      const int64_t last = std::min(t.x.k, first + slab);
      for (int64_t p = 0; p < n_panels; ++p)
        for (int64_t j = first; j < last; j += kTileColumns)
          multiply_panel_tile<Format>(t, p, j, std::min(kTileColumns, last - j), begin, end);
    }
  }
}

constexpr int64_t kDirectRows = 8;    // rows of activations that pass over the weights once
constexpr int64_t kChunkedRows = 24;  // up to which unpacking does not pay

template <typename Format>
void multiply(const std::byte* panels, int64_t n_rows, const Q8Activations& x, float* out, int64_t ldo,
              std::byte* scratch) noexcept {
  const Task task{panels, n_rows, x, out, ldo, scratch};
  if (x.m <= kDirectRows)
    multiply_direct<Format>(task);
  else if (x.m <= kChunkedRows)
    multiply_chunked<Format>(task);
  else
    multiply_tiled<Format>(task);
}

template <typename Format>
size_t scratch_bytes(int64_t) noexcept {
  return static_cast<size_t>(kTileColumns / kActivationGroup * kTileGroup<Format>);
}

// ---- activations ---------------------------------------------------------------------------------

constexpr int kGroupVectors = kActivationGroup / kLanes;

RETORT_INLINE void quantize_group(const float* x, int64_t at, int64_t at_halves, int64_t width,
                                  const Q8Activations& out) {
  Floats v[kGroupVectors];
  Ints top = splat(0);
  for (int i = 0; i < kGroupVectors; ++i) {
    v[i] = load_floats(x + i * kLanes);
    top = max_unsigned(top, magnitude_bits(v[i]));
  }
  // Magnitudes order like their bits, with infinities and NaNs on top.
  const uint32_t largest = reduce_max(top);
  float scale = std::bit_cast<float>(largest) / 127.0f;
  int32_t sum[2] = {0, 0};
  if (!(scale >= std::numeric_limits<float>::min()) || largest >= 0x7f800000u) {
    scale = largest >= 0x7f800000u ? std::numeric_limits<float>::quiet_NaN() : 0.0f;
    std::memset(out.q + at * kActivationGroup, 0, kActivationGroup);
  } else {
    Ints half[2] = {splat(0), splat(0)};
    for (int i = 0; i < kGroupVectors; ++i) {
      const Ints q = round(divide(v[i], splat(scale)));
      store_bytes(out.q + at * kActivationGroup + i * kLanes, q);
      half[i * kLanes / 16] = add(half[i * kLanes / 16], q);
    }
    for (int h = 0; h < 2; ++h) sum[h] = reduce_add(half[h]);
  }
  out.scale[at] = scale;
  out.offset[at] = -(scale * static_cast<float>(sum[0] + sum[1]));
  out.bias_8[at] = -8 * (sum[0] + sum[1]);
  out.bias_128[at] = -128 * (sum[0] + sum[1]);
  out.bias_32[at_halves] = -32 * sum[0];
  out.bias_32[at_halves + width] = -32 * sum[1];
}

void quantize(const float* x, int64_t ldx, int64_t begin, int64_t end, const Q8Activations& out) noexcept {
  for (int64_t i = begin; i < end; ++i) {
    const int64_t width = out.width(i / kActivationBlock * kActivationBlock);
    int64_t at = out.at(i, 0), at_halves = out.bias_32_at(i, 0, 0);
    for (int64_t g = 0; g < out.groups(); ++g, at += width, at_halves += 2 * width)
      quantize_group(x + i * ldx + g * kActivationGroup, at, at_halves, width, out);
  }
}

// ---- the table -----------------------------------------------------------------------------------

/// Interleaves 4 dwords of 4 rows: out[64 * i] = dword i of each.
template <uint32_t flip>
RETORT_INLINE void interleave_4x4(const std::byte* rows, int64_t row_bytes, std::byte* out) {
  __m128i x[4];
  for (int r = 0; r < 4; ++r) x[r] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows + r * row_bytes));
  const __m128i low01 = _mm_unpacklo_epi32(x[0], x[1]), high01 = _mm_unpackhi_epi32(x[0], x[1]);
  const __m128i low23 = _mm_unpacklo_epi32(x[2], x[3]), high23 = _mm_unpackhi_epi32(x[2], x[3]);
  x[0] = _mm_unpacklo_epi64(low01, low23);
  x[1] = _mm_unpackhi_epi64(low01, low23);
  x[2] = _mm_unpacklo_epi64(high01, high23);
  x[3] = _mm_unpackhi_epi64(high01, high23);
  for (int i = 0; i < 4; ++i) {
    if constexpr (flip != 0) x[i] = _mm_xor_si128(x[i], _mm_set1_epi32(static_cast<int32_t>(flip)));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 4 * kPanelRows * i), x[i]);
  }
}

template <typename Format>
RETORT_INLINE void pack_full_block(const std::byte* block, int64_t row_bytes, std::byte* out) {
  static_assert(Format::kDwords % 4 == 0);
  for (int i = 0; i < Format::kDwords; i += 4)
    for (int r = 0; r < kPanelRows; r += 4)
      interleave_4x4<Format::kFlip>(block + r * row_bytes + Format::kDwordsAt + 4 * i, row_bytes,
                                    out + 4 * (kPanelRows * i + r));
  if constexpr (Format::kHalfAt >= 0)
    for (int r = 0; r < kPanelRows; ++r)
      std::memcpy(out + 4 * kPanelRows * Format::kDwords + 2 * r, block + r * row_bytes + Format::kHalfAt, 2);
}

template <typename Format>
void pack(const std::byte* rows, int64_t row_bytes, int n_rows, int64_t k, std::byte* panel) noexcept {
  if (n_rows < kPanelRows) return pack_panel<Format>(rows, row_bytes, n_rows, k, panel);
  for (int64_t j = 0; j < k / Format::kColumns; ++j)
    pack_full_block<Format>(rows + j * Format::kBlockBytes, row_bytes, panel + j * Format::kPanelBytes);
}

template <typename Format>
constexpr IntegerFormat kFormat{pack<Format>, multiply<Format>, scratch_bytes<Format>};

constexpr IntegerProducts table() {
  IntegerProducts t{};
  t.quantize = quantize;
  t.formats[static_cast<int>(DType::q8_0)] = kFormat<Q8_0>;
  t.formats[static_cast<int>(DType::q4_0)] = kFormat<Q4_0>;
  t.formats[static_cast<int>(DType::q4_k)] = kFormat<Q4_K>;
  t.formats[static_cast<int>(DType::q5_k)] = kFormat<Q5_K>;
  t.formats[static_cast<int>(DType::q6_k)] = kFormat<Q6_K>;
  return t;
}

constexpr IntegerProducts kTable = table();
