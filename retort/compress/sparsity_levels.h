// How much each of a layer's four inputs is pruned for a sparsity of the whole layer: what costs least first
// (the greedy choice of TEAL, Liu et al. 2024, algorithm 1).
#pragma once

#include <array>
#include <span>
#include <vector>

#include "retort/model/input_pruning.h"

namespace retort::compress {

/// Of one layer.
struct SiteCosts {
  /// [steps + 1] of each site: the error of its products when i / steps of its inputs are zero; not
  /// descending.
  std::array<std::vector<double>, kInputSites> error;
  std::array<double, kInputSites> weights{};  // of its matrices; 0: it is not pruned
};

using SiteLevels = std::array<double, kInputSites>;  // sparsities

/// The levels of each sparsity in `grid` (ascending), whose mean over the weights is that sparsity. Step
/// after step the site whose next step costs the least error per weight is pruned more, so that no level
/// descends along the grid.
std::vector<SiteLevels> choose_levels(const SiteCosts& costs, std::span<const double> grid);

}  // namespace retort::compress
