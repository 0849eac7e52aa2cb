// Addition: into the residual stream, in place when nothing else will read it.
#pragma once

#include "retort/ops/context.h"

namespace retort {

/// x + y for tensors of one shape and dtype.
Tensor add(Context& ctx, const Tensor& x, const Tensor& y);

/// x += y for tensors of one shape and dtype. Not with a tape, which may still need x.
void add_in_place(Context& ctx, const Tensor& y, const Tensor& x);

}  // namespace retort
