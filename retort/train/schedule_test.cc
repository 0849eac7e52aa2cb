#include "retort/train/schedule.h"

#include <gtest/gtest.h>

#include "retort/base/error.h"

namespace retort::train {
namespace {

TEST(Schedule, WarmsUpStaysAndDecays) {
  const Schedule s{.learning_rate = 1.0, .warmup_ratio = 0.1, .decay_ratio = 0.2, .min_lr_ratio = 0.1};
  EXPECT_DOUBLE_EQ(learning_rate(s, 0, 100), 0.1);
  EXPECT_DOUBLE_EQ(learning_rate(s, 4, 100), 0.5);
  for (int64_t step = 9; step < 80; ++step) EXPECT_DOUBLE_EQ(learning_rate(s, step, 100), 1.0) << step;
  EXPECT_DOUBLE_EQ(learning_rate(s, 80, 100), 0.1 + 0.9 * 19 / 20);
  EXPECT_DOUBLE_EQ(learning_rate(s, 99, 100), 0.1);
  for (int64_t step = 80; step < 99; ++step)
    EXPECT_GT(learning_rate(s, step, 100), learning_rate(s, step + 1, 100)) << step;
}

TEST(Schedule, WithoutWarmUpAndDecayIsConstant) {
  const Schedule s{.learning_rate = 0.5, .warmup_ratio = 0, .decay_ratio = 0};
  for (int64_t step = 0; step < 7; ++step) EXPECT_DOUBLE_EQ(learning_rate(s, step, 7), 0.5);
}

TEST(Schedule, RefusesImpossibleParts) {
  EXPECT_THROW(check(Schedule{.learning_rate = 0}), Error);
  EXPECT_THROW(check(Schedule{.warmup_ratio = -0.1}), Error);
  EXPECT_THROW(check(Schedule{.warmup_ratio = 0.6, .decay_ratio = 0.5}), Error);
  EXPECT_NO_THROW(check(Schedule{}));
}

}  // namespace
}  // namespace retort::train
