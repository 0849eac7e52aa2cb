#include "retort/train/held_out.h"

#include <gtest/gtest.h>

#include <cmath>

#include "retort/train/distillation.h"
#include "retort/train/small_models.h"

namespace retort::train {
namespace {

TEST(HeldOut, IsTheMeanLossThatTrainingWouldSee) {
  TapeMachine machine;
  machine.ctx.tape = nullptr;
  TrainableDecoder model(small_config());
  model.initialise(machine.ctx, 3);
  const Dataset dataset = random_dataset(12, 48, 5);
  const HeldOutLoss found =
      measure_held_out(machine.ctx, model.decoder(), dataset, {.tokens = 1 << 20, .micro_batch_rows = 32});
  EXPECT_EQ(found.sequences, 12);

  Distillation objective(machine.ctx, model, {});
  const StepBatch all =
      Batches(dataset, {.sequences = 12, .micro_batch_rows = 1 << 20, .virtual_shards = 1}).at(0);
  Context plain = machine.ctx;
  plain.tape = nullptr;
  const LossReport wanted = objective.run(plain, all.shards[0][0], static_cast<double>(all.predicted));
  EXPECT_EQ(found.predicted, all.predicted);
  EXPECT_NEAR(found.cross_entropy, wanted.total, 1e-4);
  EXPECT_NEAR(found.perplexity(), std::exp(wanted.total), 1e-2);
}

TEST(HeldOut, APartIsMeasuredAndAlwaysTheSame) {
  TapeMachine machine;
  machine.ctx.tape = nullptr;
  TrainableDecoder model(small_config());
  model.initialise(machine.ctx, 3);
  const Dataset dataset = random_dataset(100, 48, 5);
  const HeldOutOptions options{.tokens = 120, .micro_batch_rows = 64};
  const HeldOutLoss a = measure_held_out(machine.ctx, model.decoder(), dataset, options);
  const HeldOutLoss b = measure_held_out(machine.ctx, model.decoder(), dataset, options);
  EXPECT_LT(a.sequences, 20);
  EXPECT_GT(a.sequences, 4);
  EXPECT_EQ(a.cross_entropy, b.cross_entropy);
}

}  // namespace
}  // namespace retort::train
