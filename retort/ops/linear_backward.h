// The backward pass of linear: y_i = x W_i^T + b_i. Called by what `linear` records; also by losses fused
// with the head, which work on a part of the tokens at a time.
#pragma once

#include <optional>
#include <span>

#include "retort/ops/linear.h"
#include "retort/ops/tape.h"

namespace retort {

/// From dy[i] [m, out_features of i], or null data where nothing depends on y[i]:
///   dx = sum_i dy_i W_i, written or added to the sink [m, in_features], if there is one;
///   dW_i += dy_i^T x and db_i += sum over rows of dy_i, for those that ctx.tape watches.
/// With BF16 weights, x and dy are rounded to BF16 in all products; sums are f32, and the same bits on any
/// number of threads.
void linear_backward(Context& ctx, const Tensor& x, std::span<const Linear* const> layers,
                     std::span<const Tensor> dy, std::optional<Tape::Sink> dx);

}  // namespace retort
