// GPTQ (Frantar et al. 2023): columns are rounded one after another, and what rounding one of them does to
// the outputs is made up for by the columns that are still free, as the Hessian of the inputs says.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "retort/compress/integer_matrix.h"
#include "retort/compress/statistics.h"
#include "retort/ops/context.h"

namespace retort::compress {

/// What all matrices that read the same inputs share: the order of their columns, and Cholesky's factor of
/// the damped Hessian's inverse in that order.
struct GptqFactor {
  /// Columns by ascending diagonal of the Hessian ("act-order" backwards: the last is rounded first).
  std::vector<int32_t> order;
  std::vector<float> inverse_factor;  // [columns, columns], upper triangular T: H^-1 = T T^T
  std::vector<double> importance;     // [columns] of E[x_j^2], in the matrix's own order
  float shrinkage = 0;                // by which elements off the diagonal were brought nearer to zero
  double damping = 0;                 // share of the mean diagonal that was added to it
  int64_t columns() const { return static_cast<int64_t>(order.size()); }
};

/// A Hessian of few tokens is shrunk towards its diagonal by as much as chance has in it. It is damped by
/// 0.01 of its mean diagonal as in the paper, by 0.1 and then by 1 if that is not positive definite in f32;
/// nothing if none is, or if there were no inputs.
std::optional<GptqFactor> gptq_factor(Context& ctx, const InputStatistics& inputs);

/// w's rows on the grid whose scales round_to_nearest finds with the inputs' importance: groups are those of
/// w's own columns ("static groups"), so that the layout needs no map from columns to groups. Columns that
/// no input ever reached become zeros. The same for any number of threads, and for any cut into rows.
IntegerMatrix gptq(Context& ctx, MatrixView w, IntegerGrid grid, const GptqFactor& factor);

}  // namespace retort::compress
