#include "retort/train/trainer.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <thread>

#include "retort/formats/temporary_folder.h"
#include "retort/train/distillation.h"
#include "retort/train/small_models.h"
#include "retort/train/test_ranks.h"

namespace retort::train {
namespace {

constexpr BatchOptions kBatches{.seed = 7, .sequences = 6, .micro_batch_rows = 40, .virtual_shards = 4};

TrainerOptions small_run(int64_t steps) {
  return {.steps = steps, .schedule = {.learning_rate = 3e-3}, .seed = 7, .recipe_hash = "r1"};
}

/// A model, its data and its trainer, all made anew from constants.
struct Session {
  explicit Session(TrainerOptions options, int threads = 2, const BatchOptions& batch_options = kBatches,
                   const ModelConfig& config = small_config())
      : machine(threads), student(config), data(random_dataset(20, 48, 3)), batches(data, batch_options) {
    student.initialise(machine.ctx, 1);
    options.virtual_shards = batch_options.virtual_shards;
    objective.emplace(machine.ctx, student, DistillationOptions{});
    trainer.emplace(
        machine.pool, machine.table, *objective, [this](int64_t step) { return batches.at(step); },
        std::move(options));
  }

  std::vector<float> weights() const {
    std::vector<float> all;
    for (const Parameter& p : student.parameters())
      all.insert(all.end(), p.master.f32(), p.master.f32() + p.master.shape().elements());
    return all;
  }

  TapeMachine machine;
  TrainableDecoder student;
  Dataset data;
  Batches batches;
  std::optional<Distillation> objective;
  std::optional<Trainer> trainer;
};

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

std::vector<float> weights_after(int64_t steps, int threads = 2, const ModelConfig& config = small_config()) {
  Session run(small_run(steps), threads, kBatches, config);
  run.trainer->run();
  return run.weights();
}

class TrainerTest : public TemporaryFolder {};

TEST_F(TrainerTest, OverfitsOneBatch) {
  TrainerOptions options = small_run(150);
  options.schedule = {.learning_rate = 1e-2, .warmup_ratio = 0.05, .decay_ratio = 0.3};
  options.adamw.weight_decay = 0;
  Session run(options, 2, {.seed = 7, .sequences = 4, .virtual_shards = 1});
  const StepBatch batch = run.batches.at(0);
  run.trainer->set_source([&](int64_t) { return batch; });
  double first = 0, last = 0;
  run.trainer->run({.on_step = [&](const StepReport& report) {
    last = report.loss.total;
    if (report.step == 1) first = last;
  }});
  // Untrained: the logits of a normed state have variance 1, which adds half of it to the logarithm of the
  // sum.
  EXPECT_NEAR(first, std::log(48.0) + 0.5, 0.1);
  EXPECT_LT(last, 0.01);
}

TEST_F(TrainerTest, IsTheSameBitsForAnyThreads) {
  const auto one = weights_after(4, 1);
  for (int threads : {2, 3, 7}) EXPECT_TRUE(same_bits(one, weights_after(4, threads))) << threads;
}

TEST_F(TrainerTest, AMixtureOverfitsOneBatchWithItsExpertsLoaded) {
  TrainerOptions options = small_run(150);
  options.schedule = {.learning_rate = 1e-2, .warmup_ratio = 0.05, .decay_ratio = 0.3};
  options.adamw.weight_decay = 0;
  Session run(options, 2, {.seed = 7, .sequences = 4, .virtual_shards = 1}, small_mixture());
  const StepBatch batch = run.batches.at(0);
  run.trainer->set_source([&](int64_t) { return batch; });
  LossReport last;
  double cross_entropy = 0;
  run.trainer->run({.on_step = [&](const StepReport& report) {
    last = report.loss;
    cross_entropy = report.loss.tokens.cross_entropy / static_cast<double>(report.predicted);
  }});
  EXPECT_LT(cross_entropy, 0.01);
  EXPECT_EQ(last.experts.total(0), 2 * batch.rows);
  EXPECT_LT(last.experts.imbalance(), 2);  // 4 is collapse
  EXPECT_NEAR(last.total, cross_entropy + 0.01 * last.balance + 0.001 * last.router_z, 1e-6);
}

TEST_F(TrainerTest, AMixtureIsTheSameBitsForAnyThreads) {
  const auto one = weights_after(4, 1, small_mixture());
  for (int threads : {2, 3})
    EXPECT_TRUE(same_bits(one, weights_after(4, threads, small_mixture()))) << threads;
}

TEST_F(TrainerTest, MicroBatchesAddUpToTheSameGradient) {
  std::vector<double> norms;
  for (int64_t rows : {1, 30, 1000}) {
    Session run(small_run(3), 2, {.seed = 7, .sequences = 6, .micro_batch_rows = rows, .virtual_shards = 2});
    norms.push_back(run.trainer->step().gradient_norm);
  }
  EXPECT_NEAR(norms[0], norms[2], 2e-3 * norms[2]);
  EXPECT_NEAR(norms[1], norms[2], 2e-3 * norms[2]);
}

TEST_F(TrainerTest, ResumingGivesTheSameBits) {
  const auto straight = weights_after(9);
  TrainerOptions options = small_run(9);
  options.folder = dir;
  for (int64_t until : {1, 4, 9}) {
    Session run(options);
    EXPECT_EQ(run.trainer->resume(), until > 1);
    run.trainer->run({}, until);
    EXPECT_EQ(run.trainer->steps_done(), until);
    if (until == 9) EXPECT_TRUE(same_bits(straight, run.weights()));
  }
}

/// A child process that trains until it is done or killed.
pid_t start_child(const TrainerOptions& options) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  try {
    Session run(options);
    run.trainer->resume();
    run.trainer->run();
    ::_exit(0);
  } catch (...) {
    ::_exit(1);
  }
}

TEST_F(TrainerTest, KilledAtAnyMomentItGoesOnToTheSameBits) {
  constexpr int64_t kSteps = 16;
  constexpr int kKills = 12;
  const auto straight = weights_after(kSteps);
  TrainerOptions options = small_run(kSteps);
  options.folder = dir;
  options.save_every = 1;
  Random random(static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()));
  for (int kill = 0; kill < kKills; ++kill) {
    const pid_t child = start_child(options);
    ASSERT_GT(child, 0);
    // The first ones are killed early, the later ones get further.
    std::this_thread::sleep_for(
        std::chrono::milliseconds(random.below(10 + 30 * static_cast<uint64_t>(kill))));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
  }
  Session session(options);
  session.trainer->resume();
  session.trainer->run();
  EXPECT_TRUE(same_bits(straight, session.weights()));
}

TEST_F(TrainerTest, RanksGiveTheBitsOfOneAndGoOnFromItsStates) {
  const auto straight = weights_after(6);
  for (int n : {2, 4}) {
    TrainerOptions options = small_run(6);
    options.folder = dir / std::to_string(n);
    {
      Session alone(options);
      alone.trainer->run({}, 2);
    }
    on_ranks(n, [&](Communicator& ranks) {
      TrainerOptions own = options;
      own.ranks = &ranks;
      Session run(own, 1);
      EXPECT_TRUE(run.trainer->resume());
      run.trainer->run({}, 4);
      EXPECT_TRUE(run.trainer->steps_done() == 4);
    });
    Session last(options);
    EXPECT_TRUE(last.trainer->resume());
    EXPECT_EQ(last.trainer->steps_done(), 4);
    last.trainer->run();
    EXPECT_TRUE(same_bits(straight, last.weights())) << n << " ranks";
  }
}

TEST_F(TrainerTest, WhatIsNotFiniteOnOneRankStopsAllWithItsName) {
  std::vector<std::string> messages(2);
  on_ranks(2, [&](Communicator& ranks) {
    TrainerOptions options = small_run(9);
    options.ranks = &ranks;
    Session run(options, 1);
    if (ranks.rank() == 1)
      run.student.find("model.layers.1.post_attention_layernorm.weight")->value.f32()[3] =
          std::numeric_limits<float>::infinity();
    messages[static_cast<size_t>(ranks.rank())] = error_message([&] { run.trainer->run(); });
  });
  EXPECT_THAT(messages, ::testing::Each(::testing::HasSubstr("comes from model.layers.1;")));
}

TEST_F(TrainerTest, SharesThatAreNoPowerOfTwoAreRefused) {
  on_ranks(3, [&](Communicator& ranks) {
    TrainerOptions options = small_run(9);
    options.ranks = &ranks;
    EXPECT_THAT(error_message([&] { Session(options, 1); }),
                ::testing::HasSubstr("3 processes: a step has 4 shards"));
  });
}

TEST_F(TrainerTest, WeightsThatAreNotFiniteAreNotKept) {
  TrainerOptions options = small_run(9);
  options.folder = dir;
  std::optional<Session> broken(std::in_place, options);
  Session& run = *broken;
  run.trainer->run({}, 2);
  run.trainer->step();
  run.student.find("model.layers.0.mlp.up_proj.weight")->master.f32()[5] =
      std::numeric_limits<float>::infinity();
  EXPECT_THAT(error_message([&] { run.trainer->save(); }),
              ::testing::AllOf(::testing::HasSubstr("model.layers.0.mlp.up_proj.weight"),
                               ::testing::HasSubstr("the state after step 2 is kept")));
  broken.reset();
  Session next(options);
  EXPECT_TRUE(next.trainer->resume());
  EXPECT_EQ(next.trainer->steps_done(), 2);
}

TEST_F(TrainerTest, StatesOfAnotherRecipeOrSeedAreRefused) {
  TrainerOptions options = small_run(2);
  options.folder = dir;
  {
    Session run(options);
    run.trainer->run();
  }
  options.recipe_hash = "r2";
  EXPECT_THAT(error_message([&] { Session(options).trainer->resume(); }),
              ::testing::HasSubstr("its states were made by recipe r1 with seed 7, this is r2 with seed 7"));
}

TEST_F(TrainerTest, NotesComeBack) {
  TrainerOptions options = small_run(2);
  options.folder = dir;
  {
    Session run(options);
    run.trainer->notes() = "stage 2";
    run.trainer->run();
  }
  Session run(options);
  ASSERT_TRUE(run.trainer->resume());
  EXPECT_EQ(run.trainer->notes(), "stage 2");
}

TEST_F(TrainerTest, ANotFiniteLossStopsNamesTheLayerAndKeepsTheLastGoodState) {
  TrainerOptions options = small_run(9);
  options.folder = dir;
  Session run(options);
  run.trainer->run({}, 3);
  const auto good = run.weights();
  // Masters stay as they are: the value that the forward pass reads overflows.
  const Parameter& broken = *run.student.find("model.layers.1.post_attention_layernorm.weight");
  broken.value.f32()[3] = std::numeric_limits<float>::infinity();
  const std::string message = error_message([&] { run.trainer->run(); });
  EXPECT_THAT(message, ::testing::StartsWith("step 4: the loss is "));
  EXPECT_THAT(message, ::testing::HasSubstr("the first value that is not finite comes from model.layers.1;"));
  EXPECT_THAT(message, ::testing::HasSubstr("the state after step 3 is kept in " + dir.string()));
  EXPECT_EQ(run.trainer->steps_done(), 3);
  EXPECT_TRUE(same_bits(good, run.weights()));
}

TEST_F(TrainerTest, ANotFiniteMasterIsNamed) {
  Session run(small_run(9));
  const Parameter& broken = *run.student.find("model.layers.0.mlp.up_proj.weight");
  broken.master.f32()[5] = std::numeric_limits<float>::quiet_NaN();
  run.student.refresh(run.machine.ctx);
  EXPECT_THAT(error_message([&] { run.trainer->step(); }),
              ::testing::HasSubstr("comes from parameter model.layers.0.mlp.up_proj.weight"));
}

/// Its loss is well, its gradient is not.
class BadGradient : public Objective {
 public:
  BadGradient(Objective& inner, const Parameter& victim) : inner_(inner), victim_(victim) {}
  ParameterGroups parameters() override { return inner_.parameters(); }
  LossReport run(Context& ctx, const MicroBatch& batch, double denominator) override {
    const LossReport report = inner_.run(ctx, batch, denominator);
    victim_.gradient.f32()[0] = std::numeric_limits<float>::infinity();
    return report;
  }
  double flops(const MicroBatch& batch) const override { return inner_.flops(batch); }
  std::string first_not_finite(Context& ctx, const MicroBatch& batch) override {
    return inner_.first_not_finite(ctx, batch);
  }

 private:
  Objective& inner_;
  const Parameter& victim_;
};

TEST_F(TrainerTest, ANotFiniteGradientIsNamed) {
  Session run(small_run(9));
  BadGradient bad(*run.objective, *run.student.find("model.layers.1.self_attn.k_proj.weight"));
  run.trainer->set_objective(bad);
  const auto before = run.weights();
  EXPECT_THAT(
      error_message([&] { run.trainer->step(); }),
      ::testing::HasSubstr("step 1: the gradient of model.layers.1.self_attn.k_proj.weight is not finite"));
  EXPECT_TRUE(same_bits(before, run.weights()));
}

TEST_F(TrainerTest, ReportsAndHooksTellWhatHappens) {
  TrainerOptions options = small_run(6);
  options.peak_flops = 1e12;
  Session run(options);
  std::vector<StepReport> reports;
  std::vector<int64_t> evaluated;
  run.trainer->run({.on_step = [&](const StepReport& r) { reports.push_back(r); },
                    .evaluate_every = 2,
                    .evaluate = [&](int64_t step) { evaluated.push_back(step); },
                    .stop = [&] { return reports.size() == 5; }});
  ASSERT_EQ(reports.size(), 5u);
  EXPECT_THAT(evaluated, ::testing::ElementsAre(2, 4));
  EXPECT_FALSE(run.trainer->finished());
  int64_t rows = 0;
  for (const StepReport& r : reports) {
    const StepBatch batch = run.batches.at(r.step - 1);
    EXPECT_EQ(r.rows, batch.rows);
    EXPECT_EQ(r.predicted, batch.predicted);
    EXPECT_EQ(r.tokens, rows += batch.rows);
    EXPECT_NEAR(r.loss.tokens.cross_entropy / static_cast<double>(r.predicted), r.loss.total, 1e-9);
    EXPECT_GT(r.tokens_per_second, 0);
    EXPECT_GT(r.share_of_peak, 0);
    EXPECT_GT(r.gradient_norm, 0);
    EXPECT_GE(r.seconds_left, 0);
  }
}

TEST_F(TrainerTest, GradientsAreClippedToTheirNorm) {
  // One step of plain descent shows what was applied: with beta1 = 0 and a large epsilon, the update is the
  // learning rate times the clipped gradient.
  TrainerOptions options = small_run(1);
  options.schedule = {.learning_rate = 1.0, .warmup_ratio = 0, .decay_ratio = 0};
  options.adamw = {.beta1 = 0, .beta2 = 0, .epsilon = 1e6, .weight_decay = 0};
  options.max_grad_norm = 1e-3;
  Session run(options);
  const auto before = run.weights();
  EXPECT_GT(run.trainer->step().gradient_norm, 1e-3);
  const auto after = run.weights();
  double moved = 0;
  for (size_t i = 0; i < before.size(); ++i)
    moved += std::pow(static_cast<double>(after[i]) - static_cast<double>(before[i]), 2);
  EXPECT_LE(std::sqrt(moved) * 1e6, 1.05e-3);
}

TEST_F(TrainerTest, ImpossibleOptionsAreRefused) {
  EXPECT_THROW(Session(small_run(0)), Error);
  TrainerOptions options = small_run(3);
  EXPECT_THROW(Session(small_run(3), 2, {.virtual_shards = 3}), Error);
  Session session(small_run(3));
  session.trainer->set_source([&](int64_t) {
    return StepBatch{.shards = {{}, {}}, .rows = 1, .predicted = 1};
  });
  EXPECT_EQ(error_message([&] { session.trainer->step(); }), "step 1: its batch has 2 shards, the trainer 4");
  session.trainer->set_source([&](int64_t) { return StepBatch{}; });
  EXPECT_EQ(error_message([&] { session.trainer->step(); }), "step 1: its batch has no token that counts");
}

}  // namespace
}  // namespace retort::train
