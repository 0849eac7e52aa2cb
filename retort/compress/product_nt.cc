#include "retort/compress/product_nt.h"

#include <algorithm>

namespace retort::compress {
namespace {

constexpr int64_t kTile = 128;  // rows of a that a thread takes at a time

const kernels::FloatFormat& f32_products(const Context& ctx) {
  return ctx.kernels.float_products.formats[static_cast<int>(DType::f32)];
}

size_t scratch_floats(const Context& ctx, const ProductNt& p) {
  const size_t row = f32_products(ctx).activation_bytes(p.k) / sizeof(float);
  return static_cast<size_t>(p.a.n) * row + static_cast<size_t>(p.k);
}

void run(const Context& ctx, const ProductNt& p, float* scratch) {
  const auto& format = f32_products(ctx);
  const size_t bytes = format.activation_bytes(p.k);
  auto* prepared = reinterpret_cast<std::byte*>(scratch);
  float* signed_row = scratch + static_cast<size_t>(p.a.n) * (bytes / sizeof(float));
  for (int64_t i = 0; i < p.a.n; ++i) {
    const float* row = p.a.data + i * p.a.stride;
    for (int64_t j = 0; j < p.k; ++j) signed_row[j] = p.sign * row[j];
    format.prepare(signed_row, p.k, nullptr, prepared + static_cast<size_t>(i) * bytes);
  }
  format.multiply_add(reinterpret_cast<const std::byte*>(p.b.data),
                      p.b.stride * static_cast<int64_t>(sizeof(float)), p.b.n, p.k, prepared, p.a.n, p.c,
                      p.stride);
}

}  // namespace

void add_products_nt(Context& ctx, std::span<const ProductNt> products) {
  size_t most = 0;
  for (const ProductNt& p : products) most = std::max(most, scratch_floats(ctx, p));
  Arena::Mark mark(ctx.arena);
  std::vector<std::span<float>> scratch;
  for (int t = 0; t < ctx.pool.size(); ++t) scratch.push_back(ctx.arena.allocate_span<float>(most));
  ctx.pool.parallel_dynamic(std::ssize(products), [&](int64_t i, int thread) {
    const ProductNt& p = products[static_cast<size_t>(i)];
    if (p.a.n > 0 && p.b.n > 0 && p.k > 0) run(ctx, p, scratch[static_cast<size_t>(thread)].data());
  });
}

void add_product_nt(Context& ctx, const ProductNt& product) {
  std::vector<ProductNt> tiles;
  for (int64_t i = 0; i < product.a.n; i += kTile) {
    ProductNt& tile = tiles.emplace_back(product);
    tile.a = {product.a.data + i * product.a.stride, product.a.stride, std::min(kTile, product.a.n - i)};
    tile.c += i * product.stride;
  }
  add_products_nt(ctx, tiles);
}

void add_product_nt_here(const Context& ctx, const ProductNt& product, std::vector<float>& scratch) {
  if (product.a.n == 0 || product.b.n == 0 || product.k == 0) return;
  if (scratch.size() < scratch_floats(ctx, product)) scratch.resize(scratch_floats(ctx, product));
  run(ctx, product, scratch.data());
}

}  // namespace retort::compress
