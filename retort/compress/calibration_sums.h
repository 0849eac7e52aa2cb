// Sums over what a matrix reads, grown chunk by chunk of tokens into InputStatistics.
#pragma once

#include <cstdint>
#include <vector>

#include "retort/compress/statistics.h"
#include "retort/ops/context.h"

namespace retort::compress {

class InputSums {
 public:
  /// `products`: the type that inputs are rounded to for the Hessian, bf16 where the model's own products
  /// round them so, or f32.
  InputSums(int64_t columns, bool hessian, DType products);

  /// x [tokens, columns] f32. Every sum has one order, whatever the number of threads.
  void add(Context& ctx, const float* x, int64_t tokens);
  InputStatistics finish() &&;

 private:
  void add_columns(const float* x, int64_t tokens, int64_t begin, int64_t end);
  void count_magnitudes(Context& ctx, const float* x, int64_t n);
  void add_hessian(Context& ctx, const float* x, int64_t tokens);

  bool with_hessian_;
  DType products_;
  InputStatistics s_;                // sums until they are finished
  std::vector<double> abs_;          // [columns]
  std::vector<uint64_t> histogram_;  // of |x| by its upper 16 bits, which order as the values do
};

}  // namespace retort::compress
