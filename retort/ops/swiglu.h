// SwiGLU (Shazeer 2020): y = silu(gate) * up. Forward and backward.
#pragma once

#include "retort/ops/context.h"

namespace retort {

/// gate, up [tokens, n], both f32 or both f64 -> [tokens, n].
Tensor swiglu(Context& ctx, const Tensor& gate, const Tensor& up);

}  // namespace retort
