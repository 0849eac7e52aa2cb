#include "retort/compress/awq.h"

#include <algorithm>
#include <cmath>

#include "retort/base/check.h"
#include "retort/compress/product_nt.h"

namespace retort::compress {
namespace {

constexpr int kRatios = 20;           // as the paper's code has it
constexpr int kFinalists = 4;         // ratios of which the searched scales are tried
constexpr int64_t kJudges = 512;      // rows
constexpr int64_t kRowsAtOnce = 128;  // whose products with a Hessian are held

/// [columns] mean over rows of |w| relative to the largest of its group: how much of a group's range a
/// column uses.
std::vector<double> relative_weights(const GroupWeights& weights, int64_t group) {
  const int64_t columns = weights.columns();
  std::vector<double> mean(static_cast<size_t>(columns));
  int64_t rows = 0;
  for (const auto& part : weights.parts) {
    rows += part.rows;
    for (int64_t r = 0; r < part.rows; ++r) {
      const float* w = part.values.data() + r * columns;
      for (int64_t c = 0; c < columns; c += group) {
        float most = 0;
        for (int64_t j = c; j < c + group; ++j) most = std::max(most, std::fabs(w[j]));
        for (int64_t j = c; j < c + group; ++j)
          mean[static_cast<size_t>(j)] += static_cast<double>(std::fabs(w[j]) / (most + 1e-6f));
      }
    }
  }
  for (double& m : mean) m /= static_cast<double>(rows);
  return mean;
}

std::vector<float> scale_of(double ratio, const std::vector<float>& inputs,
                            const std::vector<double>& weights) {
  std::vector<double> scale(inputs.size(), 1.0);
  double least = INFINITY, most = 0;
  for (size_t c = 0; c < scale.size(); ++c) {
    if (inputs[c] == 0) continue;
    scale[c] = std::max(
        1e-4, std::pow(static_cast<double>(inputs[c]), ratio) / (std::pow(weights[c], 1 - ratio) + 1e-4));
    least = std::min(least, scale[c]);
    most = std::max(most, scale[c]);
  }
  if (most == 0) return std::vector<float>(inputs.size(), 1.0f);
  const double middle = std::sqrt(least * most);
  std::vector<float> result(scale.size(), 1.0f);
  for (size_t c = 0; c < scale.size(); ++c)
    if (inputs[c] != 0) result[c] = static_cast<float>(scale[c] / middle);
  return result;
}

/// With scales from the largest weight of a group, which is quick, or searched by importance as the matrix
/// will be written.
enum class Rounding { plain, searched };

/// The rows of a part that judge, and the error that scales make in their outputs.
class Judge {
 public:
  Judge(const GroupWeights::Part& part, IntegerGrid grid)
      : part_(part), grid_(grid), rows_(std::min(part.rows, kJudges)) {
    rows_of_all_.resize(static_cast<size_t>(rows_ * part.columns));
    for (int64_t i = 0; i < rows_; ++i)
      std::copy_n(part.values.data() + i * part.rows / rows_ * part.columns, part.columns,
                  rows_of_all_.data() + i * part.columns);
  }

  /// tr(E H E^T) times tokens, E = round(w s) / s - w; scaled up to all rows.
  double error(Context& ctx, const std::vector<float>& scale, Rounding rounding) const {
    if (part_.inputs->tokens == 0) return 0;
    const std::vector<float> e = weight_errors(ctx, scale, rounding);
    return trace(ctx, e) * static_cast<double>(part_.inputs->tokens) * static_cast<double>(part_.rows) /
           static_cast<double>(rows_);
  }

 private:
  std::vector<float> weight_errors(Context& ctx, const std::vector<float>& scale, Rounding rounding) const {
    std::vector<float> e = rows_of_all_;
    std::vector<double> importance;
    if (rounding == Rounding::searched) importance = scaled_importance(*part_.inputs, scale);
    ctx.pool.parallel_for(rows_, 16, [&](int64_t begin, int64_t end) {
      scaled_errors(scale, importance, begin, end, e.data() + begin * part_.columns);
    });
    return e;
  }

  /// Turns rows [begin, end) from weights into what rounding the scaled ones did to them.
  void scaled_errors(const std::vector<float>& scale, std::span<const double> importance, int64_t begin,
                     int64_t end, float* rows) const {
    const auto columns = static_cast<size_t>(part_.columns);
    const auto n = static_cast<size_t>(end - begin) * columns;
    for (size_t i = 0; i < n; ++i) rows[i] *= scale[i % columns];
    const IntegerMatrix m = round_to_nearest({rows, end - begin, part_.columns}, grid_, importance);
    const size_t group = columns / static_cast<size_t>(m.groups());
    const float* weights = rows_of_all_.data() + begin * part_.columns;
    for (size_t i = 0; i < n; ++i)
      rows[i] = m.scale[i / group] * static_cast<float>(m.q[i]) / scale[i % columns] - weights[i];
  }

  double trace(Context& ctx, const std::vector<float>& e) const {
    const int64_t n = part_.columns;
    double total = 0;
    std::vector<float> product;
    for (int64_t begin = 0; begin < rows_; begin += kRowsAtOnce) {
      const int64_t rows = std::min(kRowsAtOnce, rows_ - begin);
      product.assign(static_cast<size_t>(rows * n), 0.0f);
      std::vector<ProductNt> tiles;
      for (int64_t c = 0; c < n; c += kRowsAtOnce)  // H is symmetric: its columns are its rows
        tiles.push_back({.a = {e.data() + begin * n, n, rows},
                         .b = {part_.inputs->hessian.data() + c * n, n, std::min(kRowsAtOnce, n - c)},
                         .k = n,
                         .c = product.data() + c,
                         .stride = n});
      add_products_nt(ctx, tiles);
      for (size_t i = 0; i < product.size(); ++i)
        total += static_cast<double>(product[i]) * static_cast<double>(e[static_cast<size_t>(begin * n) + i]);
    }
    return total;
  }

  const GroupWeights::Part& part_;
  IntegerGrid grid_;
  int64_t rows_;
  std::vector<float> rows_of_all_;
};

}  // namespace

std::vector<double> scaled_importance(const InputStatistics& inputs, const std::vector<float>& scale) {
  std::vector<double> importance = inputs.mean_square;
  for (size_t c = 0; c < importance.size(); ++c)
    importance[c] /= static_cast<double>(scale[c]) * static_cast<double>(scale[c]);
  return importance;
}

AwqChoice awq_search(Context& ctx, const GroupWeights& weights, IntegerGrid grid, const FitScale& fit) {
  const int64_t columns = weights.columns();
  const std::vector<float> inputs = weights.mean_abs();
  const std::vector<double> relative = relative_weights(weights, grid.group ? grid.group : columns);
  std::vector<Judge> judges;
  for (const auto& part : weights.parts) judges.emplace_back(part, grid);
  const auto error_of = [&](const std::vector<float>& scale, Rounding rounding) {
    double sum = 0;
    for (const Judge& judge : judges) sum += judge.error(ctx, scale, rounding);
    return sum;
  };
  const std::vector<float> ones(static_cast<size_t>(columns), 1.0f);
  std::vector<AwqChoice> choices;
  for (int i = 0; i < kRatios; ++i) {
    const double ratio = static_cast<double>(i) / kRatios;
    std::vector<float> scale = fit(scale_of(ratio, inputs, relative));
    const double error = error_of(scale, Rounding::plain);
    choices.push_back({.ratio = ratio, .scale = std::move(scale), .error = error});
  }
  std::sort(choices.begin(), choices.end(), [](auto& a, auto& b) { return a.error < b.error; });
  choices.resize(kFinalists);
  AwqChoice best{.scale = ones, .error = error_of(ones, Rounding::searched)};
  const double plain_error = best.error;
  for (AwqChoice& choice : choices) {
    choice.error = error_of(choice.scale, Rounding::searched);
    if (choice.error < best.error) best = std::move(choice);
  }
  best.plain_error = plain_error;
  return best;
}

std::vector<Folding> awq(Context& ctx, const SourceModel& model, int layer, const Statistics& statistics,
                         IntegerGrid grid, std::vector<AwqChoice>* choices) {
  std::vector<Folding> foldings;
  for (const ScaledGroup& group : scaled_groups(model, layer)) {
    const auto fit = [&](std::vector<float> scale) { return fold(model, group, std::move(scale)).scale; };
    AwqChoice choice = awq_search(ctx, read_group(model, group, statistics), grid, fit);
    if (choice.error < choice.plain_error) foldings.push_back(fold(model, group, choice.scale));
    if (choices) choices->push_back(std::move(choice));
  }
  return foldings;
}

}  // namespace retort::compress
