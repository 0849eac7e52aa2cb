#include "retort/train/adamw.h"

#include <cmath>

#include "retort/base/error.h"

namespace retort::train {

void check(const AdamWOptions& options) {
  for (double beta : {options.beta1, options.beta2})
    if (!(beta >= 0 && beta < 1)) fail(ErrorCode::bad_input, "adamw: beta {} is outside [0, 1)", beta);
  if (!(options.epsilon > 0)) fail(ErrorCode::bad_input, "adamw: epsilon {} is not above 0", options.epsilon);
  if (!(options.weight_decay >= 0))
    fail(ErrorCode::bad_input, "adamw: weight_decay {} is below 0", options.weight_decay);
}

AdamWStep adamw_step(const AdamWOptions& options, int64_t step, double learning_rate, double gradient_scale,
                     bool decays) {
  const auto n = static_cast<double>(step);
  return {.learning_rate = static_cast<float>(learning_rate),
          .beta1 = static_cast<float>(options.beta1),
          .beta2 = static_cast<float>(options.beta2),
          .epsilon = static_cast<float>(options.epsilon),
          .decay = decays ? static_cast<float>(1 - learning_rate * options.weight_decay) : 1.0f,
          .gradient_scale = static_cast<float>(gradient_scale),
          .mean_scale = static_cast<float>(1 / (1 - std::pow(options.beta1, n))),
          .square_scale = static_cast<float>(1 / (1 - std::pow(options.beta2, n)))};
}

void adamw_update(const AdamWStep& s, int64_t begin, int64_t end, const float* __restrict g,
                  float* __restrict m, float* __restrict v, float* __restrict w) {
  const float keep1 = s.beta1, add1 = 1 - s.beta1, keep2 = s.beta2, add2 = 1 - s.beta2;
  for (int64_t i = begin; i < end; ++i) {
    const float gradient = g[i] * s.gradient_scale;
    m[i] = keep1 * m[i] + add1 * gradient;
    v[i] = keep2 * v[i] + add2 * gradient * gradient;
    w[i] = s.decay * w[i] -
           s.learning_rate * (m[i] * s.mean_scale) / (__builtin_sqrtf(v[i] * s.square_scale) + s.epsilon);
  }
}

}  // namespace retort::train
