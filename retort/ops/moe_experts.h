// The experts of a mixture: rows of tokens are copied to the slots of their experts, each expert multiplies
// all of its slots at once, and a token's contributions are added up again. Forward and backward; f32 or f64.
#pragma once

#include <span>

#include "retort/ops/linear.h"
#include "retort/ops/moe_routing.h"

namespace retort {

/// x [tokens, n] -> [slots, n]: each slot the row of its token.
Tensor moe_dispatch(Context& ctx, const Tensor& x, const MoeRouting& routing);

/// y[i][slot] = x[slot] W^T for W = matrices[i][expert of the slot]: [slots, in_features] -> [slots,
/// out_features of i] each. matrices[i] holds one matrix an expert, all of one shape. Only matrices of
/// experts that have slots are read.
void moe_linear(Context& ctx, const Tensor& x, const MoeRouting& routing,
                std::span<const std::span<const Linear>> matrices, std::span<Tensor> y);

inline Tensor moe_linear(Context& ctx, const Tensor& x, const MoeRouting& routing,
                         std::span<const Linear> matrices) {
  Tensor y;
  moe_linear(ctx, x, routing, std::span(&matrices, 1), std::span(&y, 1));
  return y;
}

/// y [slots, n] -> [tokens, n]: the sum of a token's slots times their weights, added in the order of
/// their ranks. So a token's bits depend neither on other tokens nor on how experts were grouped.
Tensor moe_combine(Context& ctx, const Tensor& y, const MoeRouting& routing);

}  // namespace retort
