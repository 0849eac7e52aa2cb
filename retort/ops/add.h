// Addition into the residual stream.
#pragma once

#include "retort/ops/context.h"

namespace retort {

/// x += y for f32 tensors of one shape.
void add_in_place(Context& ctx, const Tensor& y, const Tensor& x);

}  // namespace retort
