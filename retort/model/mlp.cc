#include "retort/model/mlp.h"

#include "retort/ops/swiglu.h"

namespace retort {

Tensor Mlp::forward(Context& ctx, const Tensor& x) const {
  const Linear* projections[] = {&gate_proj, &up_proj};
  Tensor gate_up[2];  // [tokens, intermediate_size] each
  linear(ctx, x, projections, gate_up);
  return linear(ctx, swiglu(ctx, gate_up[0], gate_up[1]), down_proj);
}

}  // namespace retort
