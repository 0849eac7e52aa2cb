// Softmax over the last dimension.
#pragma once

#include "retort/ops/context.h"

namespace retort {

/// x [rows, n] f32, n >= 1 -> probabilities [rows, n].
Tensor softmax(Context& ctx, const Tensor& x);

}  // namespace retort
