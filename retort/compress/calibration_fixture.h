// Random inputs with correlated columns, and their statistics: what tests of the methods share.
#pragma once

#include <cmath>
#include <memory>
#include <vector>

#include "retort/base/random.h"
#include "retort/compress/integer_matrix.h"
#include "retort/compress/statistics.h"
#include "retort/ops/context.h"

namespace retort::compress::fixture {

/// A pool, an arena and the kernels of this machine.
struct Machine {
  explicit Machine(int threads) : pool(threads) {}
  ThreadPool pool;
  Arena arena;
  kernels::KernelTable table = kernels::kernel_table(kernels::choose_isa());
  Context context{pool, arena, table};
};

inline std::vector<float> random_matrix(int64_t rows, int64_t columns, uint64_t seed) {
  Random random(seed);
  std::vector<float> values(static_cast<size_t>(rows * columns));
  for (float& v : values) v = random.normal();
  return values;
}

/// [tokens, columns]: columns of very different sizes that share a few directions, as activations do.
inline std::vector<float> correlated_inputs(int64_t tokens, int64_t columns, uint64_t seed) {
  constexpr int64_t kDirections = 8;
  Random random(seed);
  std::vector<float> mix(static_cast<size_t>(kDirections * columns)), size(static_cast<size_t>(columns));
  for (float& v : mix) v = random.normal();
  for (float& v : size) v = std::exp(random.normal());
  std::vector<float> x(static_cast<size_t>(tokens * columns));
  for (int64_t t = 0; t < tokens; ++t) {
    float z[kDirections];
    for (float& v : z) v = random.normal();
    for (int64_t c = 0; c < columns; ++c) {
      float sum = 0.5f * random.normal();
      for (int64_t d = 0; d < kDirections; ++d) sum += z[d] * mix[static_cast<size_t>(d * columns + c)];
      x[static_cast<size_t>(t * columns + c)] = sum * size[static_cast<size_t>(c)];
    }
  }
  return x;
}

inline InputStatistics statistics_of(const std::vector<float>& x, int64_t columns) {
  InputStatistics s;
  s.columns = columns;
  s.tokens = std::ssize(x) / columns;
  s.mean_square.resize(static_cast<size_t>(columns));
  s.mean_abs.resize(static_cast<size_t>(columns));
  s.max_abs.resize(static_cast<size_t>(columns));
  std::vector<double> h(static_cast<size_t>(columns * columns));
  const double n = static_cast<double>(s.tokens);
  for (int64_t t = 0; t < s.tokens; ++t) {
    const float* row = x.data() + t * columns;
    for (int64_t i = 0; i < columns; ++i) {
      const size_t at = static_cast<size_t>(i);
      s.mean_abs[at] += std::fabs(row[i]) / static_cast<float>(n);
      s.max_abs[at] = std::max(s.max_abs[at], std::fabs(row[i]));
      for (int64_t j = 0; j < columns; ++j)
        h[static_cast<size_t>(i * columns + j)] +=
            static_cast<double>(row[i]) * static_cast<double>(row[j]) / n;
    }
  }
  s.hessian.assign(h.begin(), h.end());
  for (int64_t i = 0; i < columns; ++i)
    s.mean_square[static_cast<size_t>(i)] = h[static_cast<size_t>(i * (columns + 1))];
  return s;
}

/// tr(E H E^T), E what the grid did to w: the mean squared error of outputs, summed over rows.
inline double output_error(MatrixView w, const IntegerMatrix& q, const InputStatistics& s) {
  double total = 0;
  std::vector<double> e(static_cast<size_t>(w.columns));
  for (int64_t r = 0; r < w.rows; ++r) {
    for (int64_t c = 0; c < w.columns; ++c) {
      const int64_t group = q.grid.group == 0 ? 0 : c / q.grid.group;
      e[static_cast<size_t>(c)] = static_cast<double>(q.scale[static_cast<size_t>(r * q.groups() + group)]) *
                                      q.q[static_cast<size_t>(r * w.columns + c)] -
                                  static_cast<double>(w.row(r)[c]);
    }
    for (int64_t i = 0; i < w.columns; ++i)
      for (int64_t j = 0; j < w.columns; ++j)
        total += e[static_cast<size_t>(i)] * e[static_cast<size_t>(j)] *
                 static_cast<double>(s.hessian[static_cast<size_t>(i * w.columns + j)]);
  }
  return total;
}

}  // namespace retort::compress::fixture
