#include "retort/train/trainer.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>

#include "retort/base/check.h"
#include "retort/base/error.h"
#include "retort/train/packed.h"

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

/// Neighbouring shards belong to one rank, so that their sum is a subtree.
int shards_of_a_rank(const TrainerOptions& options) {
  const int ranks = options.ranks != nullptr ? options.ranks->size() : 1;
  if (options.virtual_shards % ranks != 0 || !std::has_single_bit(static_cast<unsigned>(ranks)))
    fail(ErrorCode::bad_input,
         "{} processes: a step has {} shards, so that 1, 2, ... {} processes (powers of two) can share it",
         ranks, options.virtual_shards, options.virtual_shards);
  return options.virtual_shards / ranks;
}

void pack(Packer& packer, const LossReport& loss) {
  packer.add(loss.tokens);
  for (double value : {loss.hidden, loss.relations, loss.balance, loss.router_z, loss.total})
    packer.add(value);
  packer.add_list(loss.experts.to_numbers());
}

LossReport unpack_loss(Unpacker& unpacker) {
  LossReport loss;
  loss.tokens = unpacker.get<TokenLoss>();
  for (double* value : {&loss.hidden, &loss.relations, &loss.balance, &loss.router_z, &loss.total})
    *value = unpacker.get<double>();
  loss.experts = ExpertLoad::from_numbers(unpacker.get_list<int64_t>());
  return loss;
}

void broadcast(Communicator& ranks, TrainingProgress& progress, const std::vector<StateTensor>& tensors) {
  Packer packer;
  packer.add(progress.step);
  packer.add(progress.seed);
  packer.add(progress.tokens);
  packer.add_text(progress.recipe_hash);
  packer.add_text(progress.notes);
  const std::string text = from_first(ranks, packer.take());
  Unpacker unpacker(text);
  progress.step = unpacker.get<int64_t>();
  progress.seed = unpacker.get<uint64_t>();
  progress.tokens = unpacker.get<int64_t>();
  progress.recipe_hash = unpacker.get_text();
  progress.notes = unpacker.get_text();
  for (const StateTensor& t : tensors) ranks.broadcast({t.tensor.bytes(), t.tensor.view().bytes()});
}

}  // namespace

/// What the shards gave, in their order: sums must not depend on who computed them.
struct Trainer::ShardResults {
  std::vector<LossReport> losses;
  std::vector<double> flops;
  std::string not_finite;  // the first thing that is not
};

Trainer::Trainer(ThreadPool& pool, const kernels::KernelTable& kernels, Objective& objective,
                 BatchSource source, TrainerOptions options)
    : pool_(pool),
      kernels_(kernels),
      objective_(&objective),
      source_(std::move(source)),
      options_(checked(std::move(options))),
      optimizer_(objective.parameters(), options_.adamw),
      shard_sum_(shards_of_a_rank(options_)),
      ranks_(options_.ranks != nullptr ? options_.ranks : alone_.get()) {
  if (!options_.folder.empty() && ranks_->first()) folder_.emplace(options_.folder, options_.keep);
  for (const auto& group : objective.parameters()) watch(tape_, group);
  progress_.seed = options_.seed;
  progress_.recipe_hash = options_.recipe_hash;
}

bool Trainer::resume() {
  const std::vector<StateTensor> state = optimizer_.state();
  std::optional<TrainingProgress> loaded;
  together(*ranks_, [&] {
    if (folder_) loaded = folder_->load(state);
    if (loaded) check_origin(*loaded);
  });
  if (!any(*ranks_, loaded.has_value())) return false;
  if (loaded) progress_ = *loaded;
  broadcast(*ranks_, progress_, state);
  saved_step_ = progress_.step;
  Context ctx{pool_, arena_, kernels_};
  optimizer_.refresh(ctx);
  return true;
}

void Trainer::check_origin(const TrainingProgress& loaded) const {
  if (loaded.recipe_hash != options_.recipe_hash || loaded.seed != options_.seed)
    fail(ErrorCode::bad_input,
         "{}: its states were made by recipe {} with seed {}, this is {} with seed {}: use another folder or "
         "remove "
         "this one",
         folder_->path().string(), loaded.recipe_hash, loaded.seed, options_.recipe_hash, options_.seed);
}

void Trainer::set_objective(Objective& objective) {
  objective_ = &objective;
}

void Trainer::save() {
  if (saved_step_ == progress_.step) return;
  if (const auto bad = optimizer_.master_not_finite())
    refuse(fmt::format("parameter {} is not finite", *bad));
  together(*ranks_, [&] {
    if (folder_) folder_->save(progress_, optimizer_.state());
  });
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

void Trainer::check(const StepBatch& batch) const {
  if (batch.predicted < 1)
    fail(ErrorCode::bad_input, "step {}: its batch has no token that counts", progress_.step + 1);
  if (static_cast<int>(batch.shards.size()) != options_.virtual_shards)
    fail(ErrorCode::bad_input, "step {}: its batch has {} shards, the trainer {}", progress_.step + 1,
         batch.shards.size(), options_.virtual_shards);
}

StepReport Trainer::step() {
  const auto start = Clock::now();
  const StepBatch batch = source_(progress_.step);
  together(*ranks_, [&] { check(batch); });
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
  Context ctx{pool_, arena_, kernels_, &tape_};
  const Share own = share_of(*ranks_, options_.virtual_shards);
  ShardResults results;
  together(*ranks_, [&] {
    for (int64_t shard = own.begin; shard < own.end && results.not_finite.empty(); ++shard)
      run_shard(ctx, batch, static_cast<size_t>(shard), results);
  });
  share(results);
  if (!results.not_finite.empty()) stop_at(results.not_finite);
  sum_over_ranks(pool_, *ranks_, optimizer_.gradients());
  LossReport sum;
  for (const LossReport& loss : results.losses) sum += loss;
  for (double one : results.flops) flops += one;
  return sum;
}

void Trainer::run_shard(Context& ctx, const StepBatch& batch, size_t shard, ShardResults& results) {
  optimizer_.clear_gradients(ctx);
  LossReport sum;
  double flops = 0;
  for (const MicroBatch& micro : batch.shards[shard]) {
    tape_.reset();
    arena_.reset();
    const LossReport loss = objective_->run(ctx, micro, static_cast<double>(batch.predicted));
    if (!std::isfinite(loss.total)) {
      const auto bad = optimizer_.master_not_finite();
      results.not_finite =
          fmt::format("the loss is {}; the first value that is not finite comes from {}", loss.total,
                      bad ? "parameter " + *bad : objective_->first_not_finite(ctx, micro));
      return;
    }
    sum += loss;
    flops += objective_->flops(micro);
  }
  shard_sum_.push(pool_, optimizer_.gradients());
  results.losses.push_back(sum);
  results.flops.push_back(flops);
}

/// Everybody knows the results of all shards.
void Trainer::share(ShardResults& results) {
  if (ranks_->size() == 1) return;
  Packer packer;
  packer.add_text(results.not_finite);
  packer.add(results.losses.size());
  for (const LossReport& loss : results.losses) pack(packer, loss);
  packer.add_list(results.flops);
  ShardResults all;
  for (const std::string& bytes : ranks_->gather(packer.take())) {
    Unpacker unpacker(bytes);
    std::string not_finite = unpacker.get_text();
    if (all.not_finite.empty()) all.not_finite = std::move(not_finite);
    for (auto n = unpacker.get<size_t>(); n > 0; --n) all.losses.push_back(unpack_loss(unpacker));
    for (double flops : unpacker.get_list<double>()) all.flops.push_back(flops);
  }
  results = std::move(all);
}

void Trainer::stop_at(const std::string& what) {
  // Not over a good state, if the last update broke the weights.
  if (!optimizer_.master_not_finite()) save();
  refuse(what);
}

void Trainer::refuse(const std::string& what) const {
  std::string kept = "no folder for states was given";
  if (!options_.folder.empty())
    kept = saved_step_
               ? fmt::format("the state after step {} is kept in {}", *saved_step_, options_.folder.string())
               : "there was no good state yet that could be kept";
  const Error error =
      make_error(ErrorCode::bad_input, "step {}: {}; {}; a lower learning rate or stronger clipping may help",
                 progress_.step + 1, what, kept);
  if (ranks_->size() > 1) throw SharedError(error);  // all know it
  throw error;
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
