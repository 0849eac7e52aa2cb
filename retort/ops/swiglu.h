// SwiGLU (Shazeer 2020): y = silu(gate) * up.
#pragma once

#include "retort/ops/context.h"

namespace retort {

/// gate, up [tokens, n] f32 -> [tokens, n].
Tensor swiglu(Context& ctx, const Tensor& gate, const Tensor& up);

}  // namespace retort
