// The learning rate over a run: warm-up, stable, decay (WSD; Hu et al. 2024, "MiniCPM"), each part linear.
#pragma once

#include <cstdint>

namespace retort::train {

struct Schedule {
  double learning_rate = 1e-3;  // of the stable part
  double warmup_ratio = 0.02;   // share of all steps, from 0 up
  double decay_ratio = 0.2;     // share of all steps, down to min_lr_ratio * learning_rate at the end
  double min_lr_ratio = 0.0;
};

/// Throws Error bad_input for ratios outside [0, 1] or that add up to more than 1, or a learning rate <= 0.
void check(const Schedule& schedule);

/// The rate of step `step` in [0, steps). The first step is not lost: warm-up of n steps takes step 0 at 1 /
/// n.
double learning_rate(const Schedule& schedule, int64_t step, int64_t steps);

}  // namespace retort::train
