// W8A8 of one x86 level. Included inside a target region and an anonymous namespace, after the level has
// defined:
//   Ints, Floats, kLanes, kColumnsAtOnce, load, splat, splat_4, load_some, store_some, to_floats, mul
//   kBiased                whether its dot takes weights as they are stored, with a bias of 128
//   Weights, weights(v)    a vector of weights made ready for dot(acc, weights, y)
//   load_some_ints, store_some_ints: as load_some, of whole numbers that wait in the output

#include "retort/kernels/x86/touch_page-inl.h"

constexpr int kQuads = kInt8Group / 4;
constexpr int64_t kGroupBytes = kInt8PanelRows * kInt8Group;  // of a panel
constexpr int64_t kAhead = 6144;                              // bytes that one pass fetches ahead
constexpr int64_t kChunkGroups = 32;  // 1024 columns: 16 KiB of a panel beside 8 KiB of activations

/// Where a tile's sums go. Between chunks of k the sums wait there as whole numbers.
struct Place {
  float* out;
  int64_t ldo;
  const float* row_scale;
  int64_t n_rows;  // from `out` on
  bool first, last;
};

/// Lanes of vector v that are rows.
RETORT_INLINE int lanes_of(const Place& at, int v) {
  const int64_t left = at.n_rows - v * kLanes;
  return static_cast<int>(left < 0 ? 0 : left < kLanes ? left : kLanes);
}

template <int V, int NY>
RETORT_INLINE void begin_sums(const Place& at, const int32_t* bias, Ints (&acc)[V][NY]) {
  RETORT_UNROLL for (int v = 0; v < V; ++v) {
    RETORT_UNROLL for (int c = 0; c < NY; ++c) {
      if (at.first)
        acc[v][c] = splat(kBiased ? bias[c] : 0);
      else
        acc[v][c] = load_some_ints(at.out + c * at.ldo + v * kLanes, lanes_of(at, v));
    }
  }
}

template <int V, int NY>
RETORT_INLINE void end_sums(const Place& at, const float* scale, const Ints (&acc)[V][NY]) {
  RETORT_UNROLL for (int v = 0; v < V; ++v) {
    const int n = lanes_of(at, v);
    const Floats row_scale = load_some(at.row_scale + v * kLanes, n);
    RETORT_UNROLL for (int c = 0; c < NY; ++c) {
      float* out = at.out + c * at.ldo + v * kLanes;
      if (at.last)
        store_some(out, n, mul(to_floats(acc[v][c]), mul(row_scale, splat(scale[c]))));
      else
        store_some_ints(out, n, acc[v][c]);
    }
  }
}

/// One pass over a stream of weights.
struct FetchStream {
  static RETORT_INLINE void step(const std::byte* at) {
    RETORT_UNROLL for (int i = 0; i < kGroupBytes; i += 64) __builtin_prefetch(at + kAhead + i, 0, 2);
    touch_page(at);
  }
};
/// One of several passes over weights that stay in the cache.
struct FetchNothing {
  static RETORT_INLINE void step(const std::byte*) {}
};

/// V vectors of rows, `apart` bytes apart, by NY rows of activations from `row` on, over groups [g, g + n).
template <class Fetch, int V, int NY>
void multiply_tile(const std::byte* w, int64_t apart, const Int8Activations& x, int64_t row, int64_t g,
                   int64_t n, const Place& at) {
  Ints acc[V][NY];
  begin_sums(at, x.bias + row, acc);
  const int8_t* q = x.at(row, g);
  const int64_t next = x.width(row) * kInt8Group;
  for (int64_t i = 0; i < n; ++i, w += kGroupBytes, q += next) {
    Fetch::step(w);
    RETORT_UNROLL for (int quad = 0; quad < kQuads; ++quad) {
      Weights wv[V];
      RETORT_UNROLL for (int v = 0; v < V; ++v) wv[v] = weights(load(w + v * apart + 64 * quad));
      RETORT_UNROLL for (int c = 0; c < NY; ++c) {
        const Ints y = splat_4(q + kInt8Group * c + 4 * quad);
        RETORT_UNROLL for (int v = 0; v < V; ++v) acc[v][c] = dot(acc[v][c], wv[v], y);
      }
    }
  }
  end_sums(at, x.scale + row, acc);
}

using MultiplyTile = void (*)(const std::byte*, int64_t, const Int8Activations&, int64_t, int64_t, int64_t,
                              const Place&);
template <class Fetch, int V, int... n>
constexpr std::array<MultiplyTile, sizeof...(n)> tiles(std::integer_sequence<int, n...>) {
  return {multiply_tile<Fetch, V, n + 1>...};
}
template <class Fetch, int V>
constexpr auto kTiles = tiles<Fetch, V>(std::make_integer_sequence<int, kColumnsAtOnce>());

/// V vectors of rows from row `first` on by all activations, over groups [g, g + n).
template <class Fetch, int V>
void multiply_rows(const std::byte* w, int64_t apart, const Int8Activations& x, int64_t g, int64_t n,
                   const Place& at) {
  for (int64_t i = 0, width; i < x.m; i += width) {
    const int64_t block_end = std::min(x.m, (i / kInt8Block + 1) * kInt8Block);
    width = std::min<int64_t>(block_end - i, kColumnsAtOnce);
    Place place = at;
    place.out += i * at.ldo;
    kTiles<Fetch, V>[static_cast<size_t>(width - 1)](w, apart, x, i, g, n, place);
  }
}

constexpr int kPanelVectors = kInt8PanelRows / kLanes;

/// Up to 8 rows of activations: the panels are one stream.
void multiply_streamed(const std::byte* panels, int64_t panel_bytes, const Int8Activations& x,
                       const Place& all) {
  for (int64_t r = 0; r < all.n_rows; r += kInt8PanelRows, panels += panel_bytes) {
    Place at = all;
    at.out += r, at.row_scale += r, at.n_rows -= r, at.first = at.last = true;
    multiply_rows<FetchStream, kPanelVectors>(panels, 64 / kPanelVectors, x, 0, x.groups(), at);
  }
}

/// More: chunks of k whose activations stay in the second-level cache, two vectors of rows over each.
void multiply_chunked(const std::byte* panels, int64_t panel_bytes, const Int8Activations& x,
                      const Place& all) {
  constexpr int64_t kRows = 2 * kLanes;
  const int64_t apart = kPanelVectors == 2 ? 32 : panel_bytes;
  for (int64_t g = 0; g < x.groups(); g += kChunkGroups) {
    const int64_t n = std::min(kChunkGroups, x.groups() - g);
    for (int64_t r = 0; r < all.n_rows; r += kRows) {
      Place at = all;
      at.out += r, at.row_scale += r, at.n_rows -= r;
      at.first = g == 0, at.last = g + n == x.groups();
      const std::byte* w = panels + r / kInt8PanelRows * panel_bytes + g * kGroupBytes;
      if (at.n_rows > kLanes || kPanelVectors == 2)
        multiply_rows<FetchNothing, 2>(w, apart, x, g, n, at);
      else
        multiply_rows<FetchNothing, 1>(w, apart, x, g, n, at);
    }
  }
}

void multiply(const std::byte* panels, int64_t n_rows, const float* row_scale, const Int8Activations& x,
              float* out, int64_t ldo) noexcept {
  const int64_t panel_bytes = kInt8PanelRows * int8_panel_row_bytes(x.k);
  const Place all{out, ldo, row_scale, n_rows, false, false};
  x.m <= kInt8Block ? multiply_streamed(panels, panel_bytes, x, all)
                    : multiply_chunked(panels, panel_bytes, x, all);
}
