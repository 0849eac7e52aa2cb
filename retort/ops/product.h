// Sums of matrix products in tiles: what backward passes are made of. The result is the same bits for any
// number of threads, since every tile is computed as a whole by one of them.
#pragma once

#include <span>
#include <vector>

#include "retort/ops/real.h"

namespace retort {

/// out[i][r] = sum over parts of sum_j W[r][j] x[i][j], added to what is there if `add`.
template <typename T>
struct ProductSum {
  struct Part {
    const std::byte* w;  // [n, k], rows row_bytes apart
    int64_t row_bytes;
    const std::byte* x;  // m rows prepared by the format
    int64_t k;
  };
  const kernels::FloatFormatOf<T>& format;
  std::vector<Part> parts;
  int64_t m, n;
  T* out;  // [m, n]
  bool add;
};

/// Computes all of them on all threads.
template <typename T>
void run_products(Context& ctx, std::span<const ProductSum<T>> sums);

}  // namespace retort
