// AWQ (Lin et al. 2024): columns with large inputs are scaled up before rounding and down in what feeds them,
// s_j = mean|x_j|^r / mean|w_j|^(1 - r); r is searched on a grid for the smallest error of the outputs.
#pragma once

#include <functional>
#include <vector>

#include "retort/compress/integer_matrix.h"
#include "retort/compress/scaled_group.h"
#include "retort/ops/context.h"

namespace retort::compress {

struct AwqChoice {
  double ratio = 0;          // r; with 0 and no better one, the scales are all 1
  std::vector<float> scale;  // [columns]
  double error = 0;          // tr(E H E^T) over all parts, E the error of the weights with these scales
  double plain_error = 0;    // with scales of 1: error <= plain_error
};

/// Makes scales fit for their source; see scaled_group.h. The search judges what it returns.
using FitScale = std::function<std::vector<float>(std::vector<float>)>;

/// The ratio is found with plain scales of groups; then the scales that importance finds, which are those
/// that will be written, judge it against scales of 1. Of matrices of more than 512 rows, 512 evenly spaced
/// ones judge.
AwqChoice awq_search(Context& ctx, const GroupWeights& weights, IntegerGrid grid, const FitScale& fit);

/// The importance of a matrix's columns once they have been multiplied by `scale`, and their inputs divided.
std::vector<double> scaled_importance(const InputStatistics& inputs, const std::vector<float>& scale);

/// Of all groups of a layer; those whose scales are all 1 are left out. `choices`, if wanted, gets one entry
/// a group. Groups do not wait for each other: scales of different groups multiply different sides.
std::vector<Folding> awq(Context& ctx, const SourceModel& model, int layer, const Statistics& statistics,
                         IntegerGrid grid, std::vector<AwqChoice>* choices = nullptr);

}  // namespace retort::compress
