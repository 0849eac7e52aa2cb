// Mlp: the gated feed-forward of a decoder layer (Shazeer 2020, SwiGLU): down(silu(gate x) * up x).
#pragma once

#include <cstdint>

#include "retort/ops/linear.h"

namespace retort {

struct Mlp {
  Linear gate_proj, up_proj, down_proj;

  /// x [tokens, hidden_size] -> [tokens, hidden_size]. `activated`, if wanted, gets what down_proj reads:
  /// [tokens, intermediate_size].
  Tensor forward(Context& ctx, const Tensor& x, Tensor* activated = nullptr) const;

  /// Calls visit(Linear&) on each matrix, in the order in which they are used.
  template <typename F>
  void for_each_linear(F visit) {
    for (Linear* part : {&gate_proj, &up_proj, &down_proj}) visit(*part);
  }

  uint64_t weight_bytes() const { return gate_proj.bytes() + up_proj.bytes() + down_proj.bytes(); }
  /// Of them, those that a step of n_tokens reads.
  uint64_t step_bytes(int64_t /*n_tokens*/) const { return weight_bytes(); }
  /// Multiplications and additions for one token.
  double token_flops() const {
    return gate_proj.token_flops() + up_proj.token_flops() + down_proj.token_flops();
  }
};

}  // namespace retort
