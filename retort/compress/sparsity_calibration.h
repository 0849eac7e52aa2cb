// Finds the thresholds of dynamic pruning (TEAL, Liu et al. 2024): at sparsity s an input's threshold is the
// s-quantile of |x| over all its channels and the tokens of a text.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "retort/base/progress.h"
#include "retort/compress/sparsity_file.h"
#include "retort/model/decoder.h"

namespace retort::compress {

/// 0, 0.05, ... 0.7
std::vector<double> sparsity_grid();

/// [grid][layers], from whole documents, some tokens at a time. A mixture's feed-forward inputs are not
/// pruned: their thresholds are 0. The same for every number of threads. `progress` counts documents and may
/// throw.
std::vector<std::vector<LayerThresholds>> measure_thresholds(
    Context& ctx, const Decoder& decoder, std::span<const std::span<const int32_t>> documents,
    std::span<const double> grid, const ProgressFn& progress = {});

}  // namespace retort::compress
