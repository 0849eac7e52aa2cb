#include "retort/train/schedule.h"

#include <algorithm>
#include <cmath>

#include "retort/base/error.h"

namespace retort::train {

void check(const Schedule& schedule) {
  if (!(schedule.learning_rate > 0) || !std::isfinite(schedule.learning_rate))
    fail(ErrorCode::bad_input, "schedule: learning_rate {} is not above 0", schedule.learning_rate);
  for (double ratio : {schedule.warmup_ratio, schedule.decay_ratio, schedule.min_lr_ratio})
    if (!(ratio >= 0 && ratio <= 1))
      fail(ErrorCode::bad_input, "schedule: ratio {} is outside 0 to 1", ratio);
  if (schedule.warmup_ratio + schedule.decay_ratio > 1)
    fail(ErrorCode::bad_input, "schedule: warmup_ratio {} and decay_ratio {} are more than the whole run",
         schedule.warmup_ratio, schedule.decay_ratio);
}

double learning_rate(const Schedule& schedule, int64_t step, int64_t steps) {
  const auto part = [&](double ratio) { return std::llround(ratio * static_cast<double>(steps)); };
  const int64_t warmup = part(schedule.warmup_ratio), decay = part(schedule.decay_ratio);
  if (step < warmup)
    return schedule.learning_rate * static_cast<double>(step + 1) / static_cast<double>(warmup);
  const int64_t left = steps - step;  // this step included
  if (left > decay) return schedule.learning_rate;
  const double share = static_cast<double>(left - 1) / static_cast<double>(decay);  // 0 at the last step
  return schedule.learning_rate * (schedule.min_lr_ratio + (1 - schedule.min_lr_ratio) * share);
}

}  // namespace retort::train
