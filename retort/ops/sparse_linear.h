// SparseLinear: y = W x' + b, x' without the inputs that are near zero: x'_j = x_j where |x_j| > threshold,
// else 0 (TEAL, Liu et al. 2024). Decoding one sequence it reads only the columns of W that count.
//
// A row of x is pruned by itself, and its sums have one order: the same bits alone and in a batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "retort/ops/linear.h"

namespace retort {

/// BF16 matrices that share their input, one above the other, column by column. Panels of 2048 rows but for
/// the last; see kernels/sparse_products.h.
class ColumnStack {
 public:
  /// Of matrices in BF16 without scales only.
  static bool takes(std::span<const Linear* const> layers);

  /// Of matrices that `takes`. Their rows are read until the last part is packed.
  explicit ColumnStack(std::span<const Linear* const> layers);

  int64_t rows() const { return rows_; }
  int64_t columns() const { return columns_; }
  /// A multiple of 4096, as `memory` should be.
  size_t bytes() const;
  void use(std::byte* memory) { memory_ = memory; }
  /// Packs lines of 32 rows [begin, end); any split over threads.
  void pack(int64_t begin, int64_t end) const;
  int64_t n_lines() const;

  /// Rows [first, first + rows) and where they begin in memory.
  struct Panel {
    int64_t first, rows, padded_rows;
    const std::byte* data;
    int64_t column_bytes() const { return 2 * padded_rows; }
  };
  int64_t n_panels() const;
  Panel panel(int64_t i) const;

 private:
  struct Part {
    TensorView weight;
    int64_t first;  // its first row in the stack
  };
  const std::byte* row(int64_t r) const;

  std::vector<Part> parts_;
  int64_t rows_ = 0, columns_ = 0;
  std::byte* memory_ = nullptr;
};

/// The matrices that read one input, of which only what is large counts. They outlive it.
class PrunedInput {
 public:
  /// All of one in_features; `threshold` > 0.
  PrunedInput(std::span<const Linear* const> layers, float threshold);

  std::span<const Linear* const> layers() const { return layers_; }
  float threshold() const { return threshold_; }

  /// Null if products read the layers' own weights: the inputs are zeroed and the product is the dense one,
  /// as accurate and no faster.
  ColumnStack* stack() const { return stack_.get(); }
  /// True if a stack could hold the layers.
  bool stackable() const { return ColumnStack::takes(layers_); }
  ColumnStack& make_stack();

  int64_t weights() const { return rows_ * layers_[0]->in_features(); }
  uint64_t bytes() const;

  /// The share of the inputs that did not count so far, for reports; 0 before the first product.
  double skipped() const;
  void count(int64_t kept, int64_t inputs) const;

 private:
  std::vector<const Linear*> layers_;
  float threshold_;
  int64_t rows_ = 0;
  std::unique_ptr<ColumnStack> stack_;
  mutable int64_t kept_ = 0, inputs_ = 0;  // one step at a time counts
};

/// y[i] = W_i x' + b_i for the input's layers: [m, in_features] f32 -> [m, out_features of i] each. No tape.
void sparse_linear(Context& ctx, const Tensor& x, const PrunedInput& input, std::span<Tensor> y);

}  // namespace retort
