// SmoothQuant (Xiao et al. 2023): outliers of activations are moved into the weights, so that eight bits hold
// both: s_j = max|x_j|^alpha / max|w_j|^(1 - alpha).
#pragma once

#include <vector>

#include "retort/compress/scaled_group.h"

namespace retort::compress {

/// A column that no input reached, or without weights, keeps 1. alpha in [0, 1]; the paper's 0.5.
std::vector<float> smoothquant_scale(const GroupWeights& weights, double alpha = 0.5);

/// Of all groups of a layer.
std::vector<Folding> smoothquant(const SourceModel& model, int layer, const Statistics& statistics,
                                 double alpha = 0.5);

}  // namespace retort::compress
