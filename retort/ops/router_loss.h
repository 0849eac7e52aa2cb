// RouterLoss: what keeps the experts of a mixture evenly loaded while it trains: the balance loss of Switch
// (Fedus et al. 2021, eq. 4 to 6) and the z-loss of ST-MoE (Zoph et al. 2022, eq. 5).
#pragma once

#include "retort/ops/moe_routing.h"

namespace retort {

/// A Context with a tape that points to one has every mixture of experts add its losses to it, and their
/// gradients to the tape. Per layer and batch of n tokens:
///   balance E sum_e f_e P_e, f_e the share of all (token, rank) pairs that went to expert e (its gradient is
///   none) and P_e the mean probability of e: 1 where both are even, E where one expert takes all;
///   z       the mean over tokens of log(sum_e exp(logit_e))^2.
struct RouterLoss {
  double balance_coefficient = 0.01;
  double z_coefficient = 0.001;
  double weight = 1;  // of this batch in the step: gradients and sums are multiplied by it

  double balance = 0, z = 0;  // sums over layers and batches of weight * loss, without the coefficients

  /// Call between the forward and the backward that follows.
  void add(Context& ctx, const Tensor& logits, const MoeRouting& routing);
};

}  // namespace retort
