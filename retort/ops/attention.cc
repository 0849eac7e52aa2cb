#include "retort/ops/attention.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <new>

#include "retort/base/arithmetic.h"

namespace retort {
namespace {

using kernels::kMaxTileTokens;
using kernels::kPageTokens;
using kernels::kSegment;

// Multiply-adds below which waking another thread costs more than it saves: a few microseconds.
constexpr int64_t kSerialWork = int64_t{1} << 18;
// Partial results held at once when contexts are split over threads.
constexpr size_t kMaxPartialBytes = size_t{32} << 20;
constexpr int64_t kTasksPerThread = 8;  // of split contexts: threads end together, and each reads long runs
constexpr int64_t kStoreGrain = 16;     // tokens stored by one thread at least: tens of microseconds

/// Some tokens of one sequence with the query heads of one key-value head.
struct Tile {
  const AttentionSequence* sequence;
  int64_t first;  // token of the sequence
  int n_tokens;
  int kv_head;

  int64_t position() const { return sequence->position + first; }
  int64_t last_position() const { return position() + n_tokens - 1; }
  int64_t segments() const { return last_position() / kSegment + 1; }
};

/// Partial results of a tile's rows over one segment, or over several folded together.
struct Partial {
  float* out;  // [rows][head_dim]
  float* max;  // [rows]
  float* sum;  // [rows]

  static size_t bytes(int64_t rows, int64_t head_dim) {
    return round_up<size_t>(static_cast<size_t>(rows * (head_dim + 2)) * sizeof(float), Arena::kAlignment);
  }
  static Partial at(std::byte* p, int64_t rows, int64_t head_dim) {
    auto* out = reinterpret_cast<float*>(p);
    return {out, out + rows * head_dim, out + rows * (head_dim + 1)};
  }
};

/// One call: what its tasks share.
struct Call {
  Context& ctx;
  const Tensor& q;
  const Tensor& y;
  const KvLayer& kv;
  int group, head_dim;
  const Tensor* log_sums;  // null: not wanted
  const kernels::AttentionKernels& kernels = ctx.kernels.attention;

  int rows(const Tile& tile) const { return tile.n_tokens * group; }
  size_t partial_bytes(const Tile& tile) const { return Partial::bytes(rows(tile), head_dim); }

  void attend(const Tile& tile, int64_t segment, const Partial& partial, std::byte* scratch) const {
    const AttentionSequence& s = *tile.sequence;
    kernels.attend({.q = q.row(s.first_row + tile.first) + int64_t{tile.kv_head} * group * head_dim,
                    .q_stride = q.columns(),
                    .n_tokens = tile.n_tokens,
                    .group = group,
                    .kv_head = tile.kv_head,
                    .position = tile.position(),
                    .segment = segment,
                    .scale = 1.0f / std::sqrt(static_cast<float>(head_dim)),
                    .out = partial.out,
                    .max = partial.max,
                    .sum = partial.sum},
                   {kv.layout, kv.base, kv.page_stride, s.page_table.data()}, scratch);
  }

  /// y = the merged and normalised rows of a tile, from partial results `stride` bytes apart.
  void merge(const Tile& tile, std::byte* partials, size_t stride, bool folded) const {
    const auto step = static_cast<int64_t>(stride / sizeof(float));
    const Partial first = Partial::at(partials, rows(tile), head_dim);
    for (int r = 0; r < rows(tile); ++r) {
      const int token = r / group, head = tile.kv_head * group + r % group;
      // Later segments hold nothing for this row; a longer tile must not add their zeros.
      const auto seen = folded ? 1 : static_cast<int>((tile.position() + token) / kSegment + 1);
      kernels.merge(first.out + int64_t{r} * head_dim, step, first.max + r, first.sum + r, step, seen,
                    head_dim,
                    y.row(tile.sequence->first_row + tile.first + token) + int64_t{head} * head_dim);
    }
  }

  /// A whole tile on one thread: the segments are folded one after the other.
  void whole_tile(const Tile& tile, std::byte* scratch) const {
    const size_t bytes = partial_bytes(tile);
    std::byte* kernel_scratch = scratch + 2 * bytes;
    const Partial partial = Partial::at(scratch, rows(tile), head_dim);
    if (tile.segments() == 1) {
      attend(tile, 0, partial, kernel_scratch);
      if (log_sums) put_log_sums(tile, partial);
      return merge(tile, scratch, bytes, true);
    }
    const Partial total = Partial::at(scratch + bytes, rows(tile), head_dim);
    std::fill_n(total.out, int64_t{rows(tile)} * head_dim, 0.0f);
    std::fill_n(total.sum, rows(tile), 0.0f);
    std::fill_n(total.max, rows(tile), -std::numeric_limits<float>::infinity());
    for (int64_t segment = 0; segment < tile.segments(); ++segment) {
      attend(tile, segment, partial, kernel_scratch);
      for (int r = 0; r < rows(tile); ++r)
        kernels.fold(partial.out + int64_t{r} * head_dim, partial.max[r], partial.sum[r], head_dim,
                     total.out + int64_t{r} * head_dim, total.max + r, total.sum + r);
    }
    if (log_sums) put_log_sums(tile, total);
    merge(tile, scratch + bytes, bytes, true);
  }

  void put_log_sums(const Tile& tile, const Partial& total) const {
    for (int r = 0; r < rows(tile); ++r)
      log_sums->row(tile.sequence->first_row + tile.first + r / group)[tile.kv_head * group + r % group] =
          total.max[r] + std::log(total.sum[r]);
  }
};

std::span<Tile> make_tiles(Context& ctx, const KvLayer& kv, std::span<const AttentionSequence> sequences) {
  int64_t n = 0;
  for (const auto& s : sequences)
    n += div_up<int64_t>(s.n_tokens, kMaxTileTokens) * kv.layout.num_key_value_heads;
  auto tiles = ctx.arena.allocate_span<Tile>(static_cast<size_t>(n));
  size_t i = 0;
  for (const auto& s : sequences)
    for (int64_t first = 0; first < s.n_tokens; first += kMaxTileTokens)
      for (int head = 0; head < kv.layout.num_key_value_heads; ++head)
        new (&tiles[i++])
            Tile{&s, first, static_cast<int>(std::min<int64_t>(kMaxTileTokens, s.n_tokens - first)), head};
  return tiles;
}

/// A tile's segments as tasks of their own; whoever finishes the last one merges them.
struct SplitTile {
  Tile tile;
  std::byte* partials;
  std::atomic<int64_t> unfinished;
};
struct SegmentTask {
  SplitTile* split;
  int64_t begin, end;  // segments
};

/// Tiles [0, n) of `tiles` whose segments' partial results fit into the allowance, at least one.
size_t wave_size(const Call& call, std::span<const Tile> tiles) {
  size_t n = 0, bytes = 0;
  while (n < tiles.size()) {
    bytes += call.partial_bytes(tiles[n]) * static_cast<size_t>(tiles[n].segments());
    if (n > 0 && bytes > kMaxPartialBytes) break;
    ++n;
  }
  return n;
}

void run_split(const Call& call, std::span<const Tile> tiles, std::byte* scratch, size_t scratch_bytes) {
  Arena& arena = call.ctx.arena;
  Arena::Mark mark(arena);
  auto splits = arena.allocate_span<SplitTile>(tiles.size());
  int64_t n_segments = 0;
  for (const Tile& tile : tiles) n_segments += tile.segments();
  // Runs of segments: memory is fetched ahead across their borders, so neighbours belong to one thread.
  const int64_t run = std::max<int64_t>(1, n_segments / (kTasksPerThread * call.ctx.pool.size()));
  auto tasks = arena.allocate_span<SegmentTask>(static_cast<size_t>(n_segments));
  size_t n_tasks = 0;
  for (size_t i = 0; i < tiles.size(); ++i) {
    const int64_t segments = tiles[i].segments();
    std::byte* partials = arena.allocate(call.partial_bytes(tiles[i]) * static_cast<size_t>(segments));
    new (&splits[i]) SplitTile{tiles[i], partials, segments};
    for (int64_t s = 0; s < segments; s += run)
      new (&tasks[n_tasks++]) SegmentTask{&splits[i], s, std::min(s + run, segments)};
  }
  call.ctx.pool.parallel_dynamic(static_cast<int64_t>(n_tasks), [&](int64_t i, int thread) {
    auto [split, begin, end] = tasks[static_cast<size_t>(i)];
    const Tile& tile = split->tile;
    const size_t stride = call.partial_bytes(tile);
    for (int64_t s = begin; s < end; ++s)
      call.attend(
          tile, s,
          Partial::at(split->partials + stride * static_cast<size_t>(s), call.rows(tile), call.head_dim),
          scratch + static_cast<size_t>(thread) * scratch_bytes);
    if (split->unfinished.fetch_sub(end - begin, std::memory_order_acq_rel) == end - begin)
      call.merge(tile, split->partials, stride, false);
  });
}

void check(const KvLayer& kv, const Tensor& x, std::span<const AttentionSequence> sequences) {
  const int64_t width = int64_t{kv.layout.num_key_value_heads} * kv.layout.head_dim;
  RETORT_CHECK(kv.layout.head_dim % 16 == 0 && kv.layout.head_dim >= 16 && kv.layout.head_dim <= 256);
  RETORT_CHECK(x.dtype() == DType::f32 && width > 0 && x.columns() % width == 0);
  for (const auto& s : sequences) {
    RETORT_CHECK(s.first_row >= 0 && s.n_tokens >= 0 && s.first_row + s.n_tokens <= x.rows());
    RETORT_CHECK(s.position >= 0 && s.position + s.n_tokens <= std::ssize(s.page_table) * kPageTokens);
  }
}

}  // namespace

void kv_store(Context& ctx, const Tensor& k, const Tensor& v, const KvLayer& kv,
              std::span<const AttentionSequence> sequences) {
  check(kv, k, sequences);
  RETORT_CHECK(k.shape() == v.shape() && v.dtype() == DType::f32);
  RETORT_CHECK(k.columns() == int64_t{kv.layout.num_key_value_heads} * kv.layout.head_dim);
  for (const auto& s : sequences) {
    const kernels::KvView view{kv.layout, kv.base, kv.page_stride, s.page_table.data()};
    ctx.pool.parallel_for(s.n_tokens, kStoreGrain, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t)
        ctx.kernels.attention.store(k.row(s.first_row + t), v.row(s.first_row + t), view, s.position + t);
    });
  }
}

Tensor attention(Context& ctx, const Tensor& q, const KvLayer& kv,
                 std::span<const AttentionSequence> sequences, const Tensor* log_sums) {
  check(kv, q, sequences);
  Tensor y = ctx.empty(q.shape());
  Arena::Mark mark(ctx.arena);
  const int heads = static_cast<int>(q.columns() / kv.layout.head_dim);
  RETORT_CHECK(log_sums == nullptr || log_sums->shape() == Shape({q.rows(), heads}));
  const Call call{ctx, q, y, kv, heads / kv.layout.num_key_value_heads, kv.layout.head_dim, log_sums};
  const auto tiles = make_tiles(ctx, kv, sequences);
  const auto n_tiles = static_cast<int64_t>(tiles.size());

  int64_t work = 0, most_segments = 0;
  int most_rows = 0;
  for (const Tile& tile : tiles) {
    work += 2 * call.rows(tile) * (tile.last_position() + 1) * call.head_dim;
    most_segments = std::max(most_segments, tile.segments());
    most_rows = std::max(most_rows, call.rows(tile));
  }
  const size_t scratch_bytes = round_up(
      2 * Partial::bytes(most_rows, call.head_dim) + call.kernels.scratch_bytes(kv.layout, most_rows),
      Arena::kAlignment);
  const bool serial = ctx.pool.size() == 1 || work < kSerialWork;
  std::byte* scratch = ctx.arena.allocate(scratch_bytes * static_cast<size_t>(serial ? 1 : ctx.pool.size()));

  if (serial) {
    for (const Tile& tile : tiles) call.whole_tile(tile, scratch);
  } else if (n_tiles >= 4 * ctx.pool.size() || most_segments == 1 || log_sums) {
    // The longest contexts come last in a prompt, so they are taken first.
    ctx.pool.parallel_dynamic(n_tiles, [&](int64_t i, int thread) {
      call.whole_tile(tiles[static_cast<size_t>(n_tiles - 1 - i)],
                      scratch + static_cast<size_t>(thread) * scratch_bytes);
    });
  } else {
    for (size_t done = 0; done < tiles.size();) {
      const size_t n = wave_size(call, tiles.subspan(done));
      run_split(call, tiles.subspan(done, n), scratch, scratch_bytes);
      done += n;
    }
  }
  return y;
}

}  // namespace retort
