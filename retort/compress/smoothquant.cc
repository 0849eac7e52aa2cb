#include "retort/compress/smoothquant.h"

#include <algorithm>
#include <cmath>

namespace retort::compress {
namespace {

constexpr float kLeast = 1e-5f;  // as llm-compressor has it

/// [columns] of the largest |w| over the rows of all parts.
std::vector<float> largest_weights(const GroupWeights& weights) {
  std::vector<float> most(static_cast<size_t>(weights.columns()));
  for (const auto& part : weights.parts)
    for (int64_t r = 0; r < part.rows; ++r)
      for (size_t c = 0; c < most.size(); ++c)
        most[c] = std::max(most[c], std::fabs(part.values[static_cast<size_t>(r) * most.size() + c]));
  return most;
}

}  // namespace

std::vector<float> smoothquant_scale(const GroupWeights& weights, double alpha) {
  std::vector<float> scale = weights.max_abs();
  const std::vector<float> most = largest_weights(weights);
  for (size_t c = 0; c < scale.size(); ++c) {
    if (scale[c] == 0 || most[c] == 0) {
      scale[c] = 1;
      continue;
    }
    scale[c] = std::max(kLeast, static_cast<float>(std::pow(static_cast<double>(scale[c]), alpha) /
                                                   std::pow(static_cast<double>(most[c]), 1 - alpha)));
  }
  return scale;
}

std::vector<Folding> smoothquant(const SourceModel& model, int layer, const Statistics& statistics,
                                 double alpha) {
  std::vector<Folding> foldings;
  for (const ScaledGroup& group : scaled_groups(model, layer))
    foldings.push_back(fold(model, group, smoothquant_scale(read_group(model, group, statistics), alpha)));
  return foldings;
}

}  // namespace retort::compress
