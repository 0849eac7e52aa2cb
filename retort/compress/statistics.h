// What calibration learns of the inputs of matrices: all that the methods of compression need, from one pass.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace retort::compress {

/// Of what one module reads, over all tokens of the calibration text. Modules that share their input (query,
/// key, value; gate, up) share the statistics. Of an expert only the tokens that were routed to it count.
struct InputStatistics {
  int64_t columns = 0;
  int64_t tokens = 0;
  std::vector<double> mean_square;  // [columns] E[x_j^2]: the importance of columns
  std::vector<float> mean_abs;      // [columns] E|x_j|
  std::vector<float> max_abs;       // [columns]
  /// |x| over all columns: quantile i/100, from a histogram; what thresholds of sparsity are taken from.
  std::array<float, 101> magnitude_quantiles{};
  /// [columns, columns] of (1 / tokens) sum x x^T, symmetric; empty unless Hessians were asked for.
  std::vector<float> hessian;
};

/// By module: "model.layers.3.mlp.up_proj", "lm_head".
using Statistics = std::map<std::string, std::shared_ptr<const InputStatistics>, std::less<>>;

}  // namespace retort::compress
