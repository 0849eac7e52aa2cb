#include "retort/compress/calibration_sums.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "retort/base/check.h"

namespace retort::compress {
namespace {

constexpr int64_t kTile = 256;           // of the Hessian's rows and columns
constexpr size_t kMagnitudes = 1 << 15;  // BF16 values without their sign

/// The value in the middle of a bin.
float magnitude(size_t bin) {
  return std::bit_cast<float>(static_cast<uint32_t>(bin << 16 | 0x8000u));
}

/// The lower triangle times `factor`, and the same above the diagonal; in tiles, so that both stay cached.
void mirror(std::vector<float>& h, size_t n, float factor) {
  constexpr size_t kSide = 64;
  for (size_t row = 0; row < n; row += kSide)
    for (size_t column = 0; column <= row; column += kSide)
      for (size_t i = row; i < std::min(n, row + kSide); ++i)
        for (size_t j = column; j < std::min(i + 1, column + kSide); ++j)
          h[j * n + i] = h[i * n + j] = h[i * n + j] * factor;
}

}  // namespace

InputSums::InputSums(int64_t columns, bool hessian, DType products)
    : with_hessian_(hessian), products_(products), histogram_(kMagnitudes) {
  const auto n = static_cast<size_t>(columns);
  s_.columns = columns;
  s_.mean_square.resize(n);
  s_.max_abs.resize(n);
  abs_.resize(n);
  if (hessian) s_.hessian.resize(n * n);
}

void InputSums::add(Context& ctx, const float* x, int64_t tokens) {
  if (tokens == 0) return;
  s_.tokens += tokens;
  ctx.pool.parallel_for(s_.columns, 16,
                        [&](int64_t begin, int64_t end) { add_columns(x, tokens, begin, end); });
  count_magnitudes(ctx, x, tokens * s_.columns);
  if (with_hessian_) add_hessian(ctx, x, tokens);
}

void InputSums::add_columns(const float* x, int64_t tokens, int64_t begin, int64_t end) {
  for (int64_t t = 0; t < tokens; ++t) {
    const float* row = x + t * s_.columns;
    for (int64_t c = begin; c < end; ++c) {
      const auto at = static_cast<size_t>(c);
      const float a = std::fabs(row[c]);
      s_.mean_square[at] += static_cast<double>(a) * static_cast<double>(a);
      abs_[at] += static_cast<double>(a);
      s_.max_abs[at] = std::max(s_.max_abs[at], a);
    }
  }
}

void InputSums::count_magnitudes(Context& ctx, const float* x, int64_t n) {
  std::vector<std::vector<uint64_t>> counts(static_cast<size_t>(ctx.pool.size()));
  ctx.pool.run([&](int thread) {
    auto& mine = counts[static_cast<size_t>(thread)];
    mine.resize(kMagnitudes);
    const int64_t share = n / ctx.pool.size() + 1, begin = std::min(n, thread * share);
    for (int64_t i = begin; i < std::min(n, begin + share); ++i)
      ++mine[(std::bit_cast<uint32_t>(x[i]) & 0x7fffffffu) >> 16];
  });
  for (const auto& mine : counts)
    for (size_t bin = 0; bin < kMagnitudes; ++bin) histogram_[bin] += mine[bin];
}

void InputSums::add_hessian(Context& ctx, const float* x, int64_t tokens) {
  const auto& format = ctx.kernels.float_products.formats[static_cast<int>(products_)];
  const int64_t n = s_.columns, row_bytes = retort::row_bytes(products_, tokens);
  const size_t prepared_bytes = format.activation_bytes(tokens);
  Arena::Mark mark(ctx.arena);
  std::byte* w = ctx.arena.allocate(static_cast<size_t>(n * row_bytes));
  std::byte* columns = ctx.arena.allocate(static_cast<size_t>(n) * prepared_bytes);
  const int64_t tiles = (n + kTile - 1) / kTile;
  ctx.pool.parallel_dynamic(tiles, [&](int64_t i, int) {
    const int64_t begin = i * kTile, count = std::min(kTile, n - begin);
    format.round_columns(x + begin, n, tokens, count, w + begin * row_bytes, row_bytes);
    format.prepare_columns(x + begin, n, tokens, count,
                           columns + static_cast<size_t>(begin) * prepared_bytes);
  });
  // Tiles of the lower triangle; the upper one follows at the end.
  ctx.pool.parallel_dynamic(tiles * (tiles + 1) / 2, [&](int64_t tile, int) {
    auto i = static_cast<int64_t>((std::sqrt(8.0 * static_cast<double>(tile) + 1) - 1) / 2);
    if (i * (i + 1) / 2 > tile) --i;
    if ((i + 1) * (i + 2) / 2 <= tile) ++i;
    const int64_t row = i * kTile, column = (tile - i * (i + 1) / 2) * kTile;
    format.multiply_add(w + column * row_bytes, row_bytes, std::min(kTile, n - column), tokens,
                        columns + static_cast<size_t>(row) * prepared_bytes, std::min(kTile, n - row),
                        s_.hessian.data() + row * n + column, n);
  });
}

InputStatistics InputSums::finish() && {
  const double tokens = std::max<double>(1, static_cast<double>(s_.tokens));
  const auto n = static_cast<size_t>(s_.columns);
  s_.mean_abs.resize(n);
  for (size_t c = 0; c < n; ++c) {
    s_.mean_square[c] /= tokens;
    s_.mean_abs[c] = static_cast<float>(abs_[c] / tokens);
  }
  if (with_hessian_) mirror(s_.hessian, n, static_cast<float>(1 / tokens));
  uint64_t total = 0, below = 0;
  for (uint64_t count : histogram_) total += count;
  size_t bin = 0;
  for (size_t i = 0; i <= 100 && total > 0; ++i) {
    const auto wanted =
        static_cast<uint64_t>(std::ceil(static_cast<double>(i) / 100 * static_cast<double>(total)));
    while (bin + 1 < kMagnitudes && (below + histogram_[bin] < wanted || histogram_[bin] == 0))
      below += histogram_[bin++];
    s_.magnitude_quantiles[i] = bin == 0 ? 0.0f : magnitude(bin);
  }
  return std::move(s_);
}

}  // namespace retort::compress
