#include "retort/ops/product.h"

#include <algorithm>

#include "retort/base/arithmetic.h"

namespace retort {
namespace {

// A tile's operands stay in the second-level cache, and there are enough tiles for threads to end together.
constexpr int64_t kTileM = 256, kTileN = 128;

template <typename T>
struct Tile {
  const ProductSum<T>* sum;
  int64_t i0, r0;

  void run() const {
    const int64_t m = std::min(kTileM, sum->m - i0), n = std::min(kTileN, sum->n - r0);
    T* out = sum->out + i0 * sum->n + r0;
    bool add = sum->add;
    for (const auto& part : sum->parts) {
      const std::byte* w = part.w + r0 * part.row_bytes;
      const std::byte* x = part.x + static_cast<size_t>(i0) * sum->format.activation_bytes(part.k);
      if (add)
        sum->format.multiply_add(w, part.row_bytes, n, part.k, x, m, out, sum->n);
      else
        sum->format.multiply(w, part.row_bytes, n, part.k, x, m, nullptr, out, sum->n);
      add = true;
    }
  }
};

}  // namespace

template <typename T>
void run_products(Context& ctx, std::span<const ProductSum<T>> sums) {
  std::vector<Tile<T>> tiles;
  for (const auto& sum : sums)
    for (int64_t i = 0; i < sum.m; i += kTileM)
      for (int64_t r = 0; r < sum.n; r += kTileN) tiles.push_back({&sum, i, r});
  ctx.pool.parallel_dynamic(static_cast<int64_t>(tiles.size()),
                            [&](int64_t i, int) { tiles[static_cast<size_t>(i)].run(); });
}

template void run_products(Context&, std::span<const ProductSum<float>>);
template void run_products(Context&, std::span<const ProductSum<double>>);

}  // namespace retort
