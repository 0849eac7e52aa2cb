// Objective: what a trainer minimises. Its gradients reach the parameters through a tape.
#pragma once

#include <string>

#include "retort/ops/expert_load.h"
#include "retort/train/batches.h"
#include "retort/train/optimizer.h"
#include "retort/train/token_loss.h"

namespace retort::train {

/// The losses of a micro-batch or, added up, of a step.
struct LossReport {
  TokenLoss tokens;   // sums over the rows that count, unweighted
  double hidden = 0;  // means over the step's rows that count, unweighted
  double relations = 0;
  double balance = 0, router_z = 0;  // of a mixture's routers: sums over layers, unweighted; see RouterLoss
  ExpertLoad experts;                // of a mixture: the tokens of each expert; of no layers elsewhere
  double total = 0;                  // what was minimised: a mean over the step's rows that count

  LossReport& operator+=(const LossReport& other) {
    tokens += other.tokens;
    hidden += other.hidden;
    relations += other.relations;
    balance += other.balance;
    router_z += other.router_z;
    experts += other.experts;
    total += other.total;
    return *this;
  }
};

class Objective {
 public:
  virtual ~Objective() = default;
  /// All that it trains, in an order that does not change.
  virtual ParameterGroups parameters() = 0;
  /// Runs a micro-batch forwards and backwards: adds the gradient of its part of the step's loss to what
  /// ctx.tape watches. `denominator`: rows that count in the whole step. The caller resets tape and arena.
  virtual LossReport run(Context& ctx, const MicroBatch& batch, double denominator) = 0;
  /// Multiplications and additions of `run` by the usual count: 2 forwards, 4 backwards for each parameter in
  /// a product and row, and causal attention; what is computed again in the backward pass does not count.
  virtual double flops(const MicroBatch& batch) const = 0;
  /// The part of the model that first gives a value that is not finite, for messages: "model.layers.3".
  virtual std::string first_not_finite(Context& ctx, const MicroBatch& batch) = 0;
};

}  // namespace retort::train
