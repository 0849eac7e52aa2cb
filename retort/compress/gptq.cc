#include "retort/compress/gptq.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "retort/base/check.h"
#include "retort/compress/cholesky.h"
#include "retort/compress/product_nt.h"

namespace retort::compress {
namespace {

constexpr int64_t kBlock = 128;  // columns whose updates of all others are one product
constexpr int64_t kRows = 32;    // rows that one thread takes at a time
constexpr double kDampings[] = {0.01, 0.1, 1.0};

/// How far a Hessian of few tokens is shrunk towards its diagonal: what its other elements have of chance,
/// over what they have (Schaefer and Strimmer 2005, target D, with the variances of normal inputs). Without
/// this GPTQ makes up for errors along directions that only seem to be free.
float shrinkage(const InputStatistics& inputs) {
  const auto n = static_cast<size_t>(inputs.columns);
  double squares = 0, products = 0, diagonal = 0, trace = 0;
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < i; ++j) {
      const double h = static_cast<double>(inputs.hessian[i * n + j]);
      squares += 2 * h * h;
    }
    const double d = static_cast<double>(inputs.hessian[i * (n + 1)]);
    trace += d;
    diagonal += d * d;
  }
  products = trace * trace - diagonal;
  if (squares == 0) return 0;
  return static_cast<float>(
      std::min(1.0, (products + squares) / static_cast<double>(inputs.tokens) / squares));
}

/// The damped Hessian's lower triangle in the order of `order`, elements off the diagonal times `kept`.
void gather(const InputStatistics& inputs, const std::vector<int32_t>& order, float kept, double added,
            float* out) {
  const int64_t n = inputs.columns;
  for (int64_t i = 0; i < n; ++i) {
    const float* row = inputs.hessian.data() + order[static_cast<size_t>(i)] * n;
    for (int64_t j = 0; j < i; ++j) out[i * n + j] = kept * row[order[static_cast<size_t>(j)]];
    out[i * n + i] = row[order[static_cast<size_t>(i)]];
    // A column that is always zero gets a pivot of its own; it touches no other.
    if (out[i * n + i] == 0) out[i * n + i] = 1;
    out[i * n + i] += static_cast<float>(added);
  }
}

/// Rows [begin, begin + n) of w on their way to the grid. Columns are in the factor's order, so that the
/// next to be rounded is always the last.
class RowsOnTheWay {
 public:
  RowsOnTheWay(const Context& ctx, const GptqFactor& factor, IntegerMatrix& out, int64_t begin, int64_t n)
      : ctx_(ctx), factor_(factor), out_(out), begin_(begin), n_(n) {}

  void run(MatrixView w) {
    const IntegerMatrix nearest =
        round_to_nearest({w.row(begin_), n_, w.columns}, out_.grid, factor_.importance);
    std::copy(nearest.scale.begin(), nearest.scale.end(), out_.scale.begin() + begin_ * out_.groups());
    const int64_t columns = factor_.columns();
    values_.resize(static_cast<size_t>(n_ * columns));
    for (int64_t r = 0; r < n_; ++r)
      for (int64_t p = 0; p < columns; ++p) value(r, p) = w.row(begin_ + r)[column(p)];
    for (int64_t end = columns; end > 0; end -= std::min(kBlock, end)) {
      const int64_t first = std::max<int64_t>(0, end - kBlock);
      round_block(first, end);
      update_before(first, end);
    }
  }

 private:
  float& value(int64_t r, int64_t p) { return values_[static_cast<size_t>(r * factor_.columns() + p)]; }
  int64_t column(int64_t p) const { return factor_.order[static_cast<size_t>(p)]; }
  const float* factor_row(int64_t p) const { return factor_.inverse_factor.data() + p * factor_.columns(); }

  /// Rounds w to the grid of its group; returns what it has become.
  float round(int64_t r, int64_t c, float w) {
    const IntegerGrid& grid = out_.grid;
    const int64_t row = begin_ + r, group = grid.group == 0 ? 0 : c / grid.group;
    const float scale = out_.scale[static_cast<size_t>(row * out_.groups() + group)];
    const auto top = static_cast<float>((1 << (grid.bits - 1)) - 1);
    const float q = factor_.importance[static_cast<size_t>(c)] == 0
                        ? 0.0f
                        : std::clamp(std::nearbyintf(w * (1.0f / scale)), -top - 1, top);
    out_.q[static_cast<size_t>(row * out_.columns + c)] = static_cast<int8_t>(q);
    return q * scale;
  }

  void round_block(int64_t first, int64_t end) {
    const int64_t width = end - first;
    // turned[i] is the factor's column first + i: what position first + i does to those before it.
    std::vector<float> turned(static_cast<size_t>(width * width));
    for (int64_t p = 0; p < width; ++p)
      for (int64_t i = p; i < width; ++i)
        turned[static_cast<size_t>(i * width + p)] = factor_row(first + p)[first + i];
    errors_.assign(static_cast<size_t>(n_ * width), 0.0f);
    for (int64_t r = 0; r < n_; ++r) {
      float* w = &value(r, first);
      for (int64_t i = width; i-- > 0;) {
        const float* u = turned.data() + i * width;
        const float error = (w[i] - round(r, column(first + i), w[i])) / u[i];
        errors_[static_cast<size_t>(r * width + i)] = error;
        for (int64_t p = 0; p < i; ++p) w[p] -= error * u[p];
      }
    }
  }

  /// w[p] -= sum over the block of error_i T[p][i], for all positions p before it.
  void update_before(int64_t first, int64_t end) {
    const int64_t columns = factor_.columns(), width = end - first;
    add_product_nt_here(ctx_,
                        {.a = {errors_.data(), width, n_},
                         .b = {factor_.inverse_factor.data() + first, columns, first},
                         .k = width,
                         .sign = -1.0f,
                         .c = values_.data(),
                         .stride = columns},
                        scratch_);
  }

  const Context& ctx_;
  const GptqFactor& factor_;
  IntegerMatrix& out_;
  int64_t begin_, n_;
  std::vector<float> values_, errors_;  // [n, columns] and [n, width of the block]
  std::vector<float> scratch_;
};

}  // namespace

std::optional<GptqFactor> gptq_factor(Context& ctx, const InputStatistics& inputs) {
  const int64_t n = inputs.columns;
  if (inputs.tokens == 0) return std::nullopt;
  RETORT_CHECK(std::ssize(inputs.hessian) == n * n);
  GptqFactor factor;
  factor.importance = inputs.mean_square;
  const auto diagonal = [&](int32_t c) { return inputs.hessian[static_cast<size_t>(c * (n + 1))]; };
  factor.order.resize(static_cast<size_t>(n));
  std::iota(factor.order.begin(), factor.order.end(), 0);
  std::sort(factor.order.begin(), factor.order.end(), [&](int32_t a, int32_t b) {
    return diagonal(a) != diagonal(b) ? diagonal(a) < diagonal(b) : a < b;
  });
  double mean = 0;
  for (int32_t c : factor.order) mean += static_cast<double>(diagonal(c)) / static_cast<double>(n);
  factor.shrinkage = shrinkage(inputs);
  factor.inverse_factor.resize(static_cast<size_t>(n * n));
  for (double damping : kDampings) {
    factor.damping = damping;
    gather(inputs, factor.order, 1 - factor.shrinkage, damping * mean, factor.inverse_factor.data());
    if (invert_cholesky(ctx, factor.inverse_factor.data(), n)) return factor;
  }
  return std::nullopt;
}

IntegerMatrix gptq(Context& ctx, MatrixView w, IntegerGrid grid, const GptqFactor& factor) {
  RETORT_CHECK(w.columns == factor.columns());
  IntegerMatrix out{grid, w.rows, w.columns, {}, {}};
  out.q.resize(static_cast<size_t>(w.rows * w.columns));
  out.scale.resize(static_cast<size_t>(w.rows * out.groups()));
  const int64_t shares = (w.rows + kRows - 1) / kRows;
  ctx.pool.parallel_dynamic(shares, [&](int64_t i, int) {
    const int64_t begin = i * kRows;
    RowsOnTheWay(ctx, factor, out, begin, std::min(kRows, w.rows - begin)).run(w);
  });
  return out;
}

}  // namespace retort::compress
