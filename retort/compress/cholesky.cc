#include "retort/compress/cholesky.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "retort/base/arithmetic.h"
#include "retort/compress/product_nt.h"

namespace retort::compress {
namespace {

constexpr int64_t kBlock = 128;

using Block = std::vector<double>;  // [kBlock, kBlock]
double& at(Block& b, int64_t i, int64_t j) {
  return b[static_cast<size_t>(i * kBlock + j)];
}
double at(const Block& b, int64_t i, int64_t j) {
  return b[static_cast<size_t>(i * kBlock + j)];
}

/// A block on the diagonal in f64: the inverse of its factor.
class DiagonalBlock {
 public:
  /// Factors the n x n lower triangle at `a`; false if a pivot is not positive.
  bool factor(const float* a, int64_t stride, int64_t n) {
    n_ = n;
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j <= i; ++j) at(factor_, i, j) = static_cast<double>(a[i * stride + j]);
    for (int64_t j = 0; j < n; ++j) {
      for (int64_t k = 0; k < j; ++k) at(factor_, j, j) -= at(factor_, j, k) * at(factor_, j, k);
      const double pivot = at(factor_, j, j);
      if (!(pivot > 0) || !std::isfinite(pivot)) return false;
      at(factor_, j, j) = std::sqrt(pivot);
      for (int64_t i = j + 1; i < n; ++i) {
        double sum = at(factor_, i, j);
        for (int64_t k = 0; k < j; ++k) sum -= at(factor_, i, k) * at(factor_, j, k);
        at(factor_, i, j) = sum / at(factor_, j, j);
      }
    }
    return true;
  }

  /// The inverse of the factor, lower triangular with zeros above, [n, n] in f32.
  void invert(float* out) const {
    Block inverse(static_cast<size_t>(kBlock * kBlock));
    for (int64_t j = 0; j < n_; ++j) {
      for (int64_t i = j; i < n_; ++i) {
        double sum = i == j ? 1.0 : 0.0;
        for (int64_t k = j; k < i; ++k) sum -= at(factor_, i, k) * at(inverse, k, j);
        at(inverse, i, j) = sum / at(factor_, i, i);
      }
    }
    for (int64_t i = 0; i < n_; ++i)
      for (int64_t j = 0; j < n_; ++j) out[i * n_ + j] = static_cast<float>(at(inverse, i, j));
  }

 private:
  int64_t n_ = 0;
  Block factor_ = Block(static_cast<size_t>(kBlock * kBlock));
};

/// Rows [begin, begin + n) in columns from `column` on.
struct Matrix {
  float* data;
  int64_t n;
  float* at(int64_t row, int64_t column) const { return data + row * n + column; }
  Rows rows(int64_t begin, int64_t end, int64_t column) const { return {at(begin, column), n, end - begin}; }
};

/// target = source W^T for rows of `target`, w [width, width]; source may be target.
void multiply_rows(Context& ctx, const Matrix& a, int64_t begin, int64_t end, int64_t column, const float* w,
                   int64_t width, float sign) {
  if (begin == end) return;
  Arena::Mark mark(ctx.arena);
  auto copy = ctx.arena.allocate_span<float>(static_cast<size_t>((end - begin) * width));
  for (int64_t i = begin; i < end; ++i) {
    float* row = a.at(i, column);
    std::copy_n(row, width, copy.data() + (i - begin) * width);
    std::fill_n(row, width, 0.0f);
  }
  add_product_nt(ctx, {.a = {copy.data(), width, end - begin},
                       .b = {w, width, width},
                       .k = width,
                       .sign = sign,
                       .c = a.at(begin, column),
                       .stride = a.n});
}

/// a = L L^T, left-looking by block columns: L below the diagonal, the inverses of its diagonal blocks apart.
bool factor(Context& ctx, const Matrix& a, std::vector<std::vector<float>>& inverses) {
  DiagonalBlock diagonal;
  for (int64_t j = 0; j < a.n; j += kBlock) {
    const int64_t end = std::min(a.n, j + kBlock), width = end - j;
    add_product_nt(ctx, {a.rows(j, a.n, 0), a.rows(j, end, 0), j, -1.0f, a.at(j, j), a.n});
    if (!diagonal.factor(a.at(j, j), a.n, width)) return false;
    diagonal.invert(inverses.emplace_back(static_cast<size_t>(width * width)).data());
    multiply_rows(ctx, a, end, a.n, j, inverses.back().data(), width, 1.0f);
  }
  return true;
}

void transpose_block(const std::vector<float>& block, int64_t width, float* out, int64_t stride) {
  for (int64_t i = 0; i < width; ++i)
    for (int64_t j = 0; j < width; ++j) out[j * stride + i] = block[static_cast<size_t>(i * width + j)];
}

}  // namespace

bool invert_cholesky(Context& ctx, float* data, int64_t n) {
  const Matrix a{data, n};
  std::vector<std::vector<float>> inverses;
  if (!factor(ctx, a, inverses)) return false;
  // T = X^T with X = L^-1. A block row I of L gives X[I, J] = -X[I, I] sum over K of L[I, K] X[K, J], which
  // is T[J, I] = -(sum over k of T[J, k] L[I, k]) X[I, I]^T: both sides are read along their rows.
  for (int64_t i = 0; i < n; i += kBlock) {
    const int64_t end = std::min(n, i + kBlock), width = end - i;
    const std::vector<float>& inverse = inverses[static_cast<size_t>(i / kBlock)];
    for (int64_t j = 0; j < i; ++j) std::fill_n(a.at(j, i), width, 0.0f);
    std::vector<ProductNt> sums;
    for (int64_t j = 0; j < i; j += kBlock)  // T's rows of block J begin at column j
      sums.push_back({a.rows(j, std::min(i, j + kBlock), j), a.rows(i, end, j), i - j, 1.0f, a.at(j, i), n});
    add_products_nt(ctx, sums);
    multiply_rows(ctx, a, 0, i, i, inverse.data(), width, -1.0f);
    transpose_block(inverse, width, a.at(i, i), n);
  }
  return true;
}

}  // namespace retort::compress
