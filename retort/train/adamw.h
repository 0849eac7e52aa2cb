// AdamW (Loshchilov and Hutter 2019, algorithm 2): Adam with bias correction and decoupled weight decay, on
// f32 masters and f32 moments. Every element is on its own, so threads change no bit.
#pragma once

#include <cstdint>
#include <span>

#include "retort/base/thread_pool.h"

namespace retort::train {

struct AdamWOptions {
  double beta1 = 0.9, beta2 = 0.95;
  double epsilon = 1e-8;
  double weight_decay = 0.1;  // of what decays: matrices, not norms and biases
};

/// Throws Error bad_input for betas outside [0, 1), epsilon <= 0 or weight_decay < 0.
void check(const AdamWOptions& options);

/// The numbers of one update.
struct AdamWStep {
  float learning_rate = 0;
  float beta1 = 0, beta2 = 0, epsilon = 0;
  float decay = 1;           // of the weight before the update: 1 - learning_rate * weight_decay
  float gradient_scale = 1;  // of the gradient before all else: gradient clipping
  float mean_scale = 1;      // 1 / (1 - beta1^step)
  float square_scale = 1;    // 1 / (1 - beta2^step)
};

/// `step` counts from 1. `decays`: whether weight decay applies.
AdamWStep adamw_step(const AdamWOptions& options, int64_t step, double learning_rate, double gradient_scale,
                     bool decays);

/// One update of [begin, end): m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2,
/// w = decay w - learning_rate (m mean_scale) / (sqrt(v square_scale) + epsilon).
void adamw_update(const AdamWStep& step, int64_t begin, int64_t end, const float* g, float* m, float* v,
                  float* w);

}  // namespace retort::train
