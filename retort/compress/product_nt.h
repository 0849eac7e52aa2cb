// Products of f32 matrices whose rows both lie along the summed index, on all threads: what Cholesky's
// factorisation, GPTQ's updates and the errors of outputs are made of.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "retort/ops/context.h"

namespace retort::compress {

/// Rows `stride` values apart.
struct Rows {
  const float* data = nullptr;
  int64_t stride = 0, n = 0;
};

/// c[i][r] += sign * sum over j < k of a[i][j] b[r][j].
struct ProductNt {
  Rows a, b;
  int64_t k = 0;
  float sign = 1;
  float* c = nullptr;  // overlaps neither a nor b, but may lie in the same matrix
  int64_t stride = 0;  // values between c's rows
};

/// All of them, each as a whole by one thread: the same bits for any number of threads. What one writes no
/// other may read.
void add_products_nt(Context& ctx, std::span<const ProductNt> products);
/// One, cut into tiles of rows of a.
void add_product_nt(Context& ctx, const ProductNt& product);
/// One by the calling thread; `scratch` grows to what it needs.
void add_product_nt_here(const Context& ctx, const ProductNt& product, std::vector<float>& scratch);

}  // namespace retort::compress
