#include "retort/train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "retort/base/check.h"
#include "retort/base/error.h"

namespace retort::train {
namespace {

using Clock = std::chrono::steady_clock;

TrainerOptions checked(TrainerOptions options) {
  if (options.steps < 1)
    fail(ErrorCode::bad_input, "training: {} steps; at least 1 is needed", options.steps);
  check(options.schedule);
  if (!(options.max_grad_norm >= 0))
    fail(ErrorCode::bad_input, "training: max_grad_norm {} is below 0", options.max_grad_norm);
  return options;
}

}  // namespace

Trainer::Trainer(ThreadPool& pool, const kernels::KernelTable& kernels, Objective& objective,
                 BatchSource source, TrainerOptions options)
    : pool_(pool),
      kernels_(kernels),
      objective_(&objective),
      source_(std::move(source)),
      options_(checked(std::move(options))),
      optimizer_(objective.parameters(), options_.adamw),
      shard_sum_(options_.virtual_shards) {
  if (!options_.folder.empty()) folder_.emplace(options_.folder, options_.keep);
  for (const auto& group : objective.parameters()) watch(tape_, group);
  progress_.seed = options_.seed;
  progress_.recipe_hash = options_.recipe_hash;
}

bool Trainer::resume() {
  if (!folder_) return false;
  const auto loaded = folder_->load(optimizer_.state());
  if (!loaded) return false;
  if (loaded->recipe_hash != options_.recipe_hash || loaded->seed != options_.seed)
    fail(ErrorCode::bad_input,
         "{}: its states were made by recipe {} with seed {}, this is {} with seed {}: use another folder or "
         "remove "
         "this one",
         folder_->path().string(), loaded->recipe_hash, loaded->seed, options_.recipe_hash, options_.seed);
  progress_ = *loaded;
  saved_step_ = progress_.step;
  Context ctx{pool_, arena_, kernels_};
  optimizer_.refresh(ctx);
  return true;
}

void Trainer::set_objective(Objective& objective) {
  objective_ = &objective;
}

void Trainer::save() {
  if (!folder_ || saved_step_ == progress_.step) return;
  folder_->save(progress_, optimizer_.state());
  saved_step_ = progress_.step;
}

void Trainer::run(const TrainerHooks& hooks, std::optional<int64_t> until) {
  const int64_t end = std::min(until.value_or(options_.steps), options_.steps);
  while (progress_.step < end) {
    const StepReport report = step();
    if (hooks.on_step) hooks.on_step(report);
    if (options_.save_every > 0 && progress_.step % options_.save_every == 0) save();
    if (hooks.evaluate && hooks.evaluate_every > 0 && progress_.step % hooks.evaluate_every == 0)
      hooks.evaluate(progress_.step);
    if (hooks.stop && hooks.stop()) break;
  }
  save();
}

StepReport Trainer::step() {
  const auto start = Clock::now();
  const StepBatch batch = source_(progress_.step);
  if (batch.predicted < 1)
    fail(ErrorCode::bad_input, "step {}: its batch has no token that counts", progress_.step + 1);
  if (static_cast<int>(batch.shards.size()) != options_.virtual_shards)
    fail(ErrorCode::bad_input, "step {}: its batch has {} shards, the trainer {}", progress_.step + 1,
         batch.shards.size(), options_.virtual_shards);
  StepReport report;
  double flops = 0;
  report.loss = gather_gradients(batch, flops);
  report.gradient_norm = optimizer_.gradient_norm(pool_);
  if (!std::isfinite(report.gradient_norm))
    stop_at(fmt::format("the gradient of {} is not finite",
                        optimizer_.gradient_not_finite().value_or("all together")));
  const double scale = options_.max_grad_norm > 0 && report.gradient_norm > options_.max_grad_norm
                           ? options_.max_grad_norm / report.gradient_norm
                           : 1.0;
  report.learning_rate = learning_rate(options_.schedule, progress_.step, options_.steps);
  Context ctx{pool_, arena_, kernels_};
  optimizer_.update(ctx, progress_.step + 1, report.learning_rate, scale);
  ++progress_.step;
  progress_.tokens += batch.rows;
  describe(report, batch, flops, std::chrono::duration<double>(Clock::now() - start).count());
  return report;
}

/// Leaves the sum over all shards in the parameters' gradients.
LossReport Trainer::gather_gradients(const StepBatch& batch, double& flops) {
  LossReport sum;
  Context ctx{pool_, arena_, kernels_, &tape_};
  for (const auto& shard : batch.shards) {
    optimizer_.clear_gradients(ctx);
    for (const MicroBatch& micro : shard) {
      tape_.reset();
      arena_.reset();
      const LossReport loss = objective_->run(ctx, micro, static_cast<double>(batch.predicted));
      if (!std::isfinite(loss.total)) {
        const auto bad = optimizer_.master_not_finite();
        stop_at(fmt::format("the loss is {}; the first value that is not finite comes from {}", loss.total,
                            bad ? "parameter " + *bad : objective_->first_not_finite(ctx, micro)));
      }
      sum += loss;
      flops += objective_->flops(micro);
    }
    shard_sum_.push(pool_, optimizer_.gradients());
  }
  return sum;
}

void Trainer::stop_at(const std::string& what) {
  save();
  const std::string kept =
      folder_ ? fmt::format("the state after step {} is kept in {}", progress_.step, folder_->path().string())
              : "no folder for states was given";
  fail(ErrorCode::bad_input, "step {}: {}; {}; a lower learning rate or stronger clipping may help",
       progress_.step + 1, what, kept);
}

void Trainer::describe(StepReport& report, const StepBatch& batch, double flops, double seconds) {
  seconds_ += seconds;
  ++timed_steps_;
  report.step = progress_.step;
  report.steps = options_.steps;
  report.predicted = batch.predicted;
  report.rows = batch.rows;
  report.tokens = progress_.tokens;
  report.seconds = seconds;
  report.tokens_per_second = static_cast<double>(batch.rows) / seconds;
  report.flops = flops / seconds;
  report.share_of_peak = options_.peak_flops > 0 ? report.flops / options_.peak_flops : 0;
  report.seconds_left =
      seconds_ / static_cast<double>(timed_steps_) * static_cast<double>(options_.steps - progress_.step);
}

}  // namespace retort::train
