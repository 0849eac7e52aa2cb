// RMSNorm (Zhang and Sennrich 2019): y = x / sqrt(mean(x^2) + eps) * w, row by row.
#pragma once

#include <span>

#include "retort/ops/context.h"

namespace retort {

/// x [tokens, n] f32, w [n] -> [tokens, n].
Tensor rms_norm(Context& ctx, const Tensor& x, std::span<const float> w, float eps);

}  // namespace retort
