#include "retort/model/mlp.h"

#include "retort/ops/swiglu.h"

namespace retort {

Tensor Mlp::forward(Context& ctx, const Tensor& x, Tensor* activated) const {
  const Linear* projections[] = {&gate_proj, &up_proj};
  Tensor gate_up[2];  // [tokens, intermediate_size] each
  linear(ctx, x, projections, gate_up);
  const Tensor h = swiglu(ctx, gate_up[0], gate_up[1]);
  if (activated) *activated = h;
  return linear(ctx, h, down_proj);
}

}  // namespace retort
