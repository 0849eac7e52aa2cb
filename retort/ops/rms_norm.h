// RMSNorm (Zhang and Sennrich 2019): y = x / sqrt(mean(x^2) + eps) * w, row by row. Forward and backward.
#pragma once

#include "retort/ops/context.h"

namespace retort {

/// x [tokens, n] f32 or f64, w [n] of the same dtype -> [tokens, n].
Tensor rms_norm(Context& ctx, const Tensor& x, const Tensor& w, double eps);

}  // namespace retort
