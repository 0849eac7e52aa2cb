// Optimizer: AdamW over all parameters of a model, with the norm of all gradients together.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "retort/model/trainable.h"
#include "retort/ops/context.h"
#include "retort/train/adamw.h"
#include "retort/train/training_state.h"

namespace retort::train {

/// Parameters in groups: a model's own, and what training adds to it. The order matters: sums follow it.
using ParameterGroups = std::vector<std::span<Parameter>>;

class Optimizer {
 public:
  /// The parameters must outlive it and be f32. Moments start at 0. Throws Error for impossible options.
  Optimizer(ParameterGroups groups, const AdamWOptions& options);

  /// Of all gradients as one vector; not finite if any of them is not.
  double gradient_norm(ThreadPool& pool) const;
  /// The last parameter in the order of the forward pass whose gradient is not finite: where a backward pass
  /// went wrong first. Absent if all are finite.
  std::optional<std::string> gradient_not_finite() const;
  /// The first parameter with a master that is not finite.
  std::optional<std::string> master_not_finite() const;

  /// Moves masters by one update and brings the values up to them; gradients count `gradient_scale` times.
  /// `step` counts from 1.
  void update(Context& ctx, int64_t step, double learning_rate, double gradient_scale);

  /// The gradients of all parameters, in order.
  std::vector<std::span<float>> gradients() const;
  void clear_gradients(Context& ctx) const;
  void refresh(Context& ctx) const;

  /// Masters and moments under "master.", "adam.m." and "adam.v." and the parameter's name.
  std::vector<StateTensor> state() const;

 private:
  struct Moments {
    Parameter* parameter;
    Tensor mean, square;
  };
  ParameterGroups groups_;
  AdamWOptions options_;
  std::vector<Moments> all_;
};

}  // namespace retort::train
