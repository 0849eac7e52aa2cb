// Trainer: the loop from batches to weights. A step is a function of the weights, the moments and the step's
// number alone, so that a run that was stopped anywhere goes on to the same bits, on any number of threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "retort/base/arena.h"
#include "retort/ops/context.h"
#include "retort/ops/tape.h"
#include "retort/train/adamw.h"
#include "retort/train/communicator.h"
#include "retort/train/gradients.h"
#include "retort/train/objective.h"
#include "retort/train/schedule.h"
#include "retort/train/training_state.h"

namespace retort::train {

struct TrainerOptions {
  int64_t steps = 0;  // of the whole run: the schedule's length
  AdamWOptions adamw;
  Schedule schedule;
  double max_grad_norm = 1.0;  // gradients are scaled down to it; 0: they are left as they are
  int virtual_shards = 4;      // as in the batches

  std::filesystem::path folder;   // of training states; empty: none are written
  int64_t save_every = 0;         // steps; 0: at the end only
  int keep = 2;                   // states
  uint64_t seed = 0;              // as in the batches; kept in states
  std::string recipe_hash;        // a state of another recipe is refused
  double peak_flops = 0;          // of all machines together, measured; 0: unknown
  Communicator* ranks = nullptr;  // null: alone. Each computes its own shards; rank 0 has the states
};

/// What a step did.
struct StepReport {
  int64_t step = 0, steps = 0;  // steps done, this one included, of how many
  LossReport loss;
  int64_t predicted = 0;  // rows that counted: divides loss.tokens
  int64_t rows = 0;
  double gradient_norm = 0;  // before clipping
  double learning_rate = 0;
  double seconds = 0;
  double tokens_per_second = 0;  // rows, of this step
  double flops = 0;              // per second
  double share_of_peak = 0;      // 0: the peak is unknown
  double seconds_left = 0;       // predicted from the mean of this process's steps
  int64_t tokens = 0;            // rows of all steps so far
};

/// All may be absent.
struct TrainerHooks {
  std::function<void(const StepReport&)> on_step;
  int64_t evaluate_every = 0;                  // steps; 0: never
  std::function<void(int64_t step)> evaluate;  // with the weights as they are after `step` steps
  std::function<bool()> stop;                  // asked after every step; true: save and return
};

class Trainer {
 public:
  /// Batch of a step, a function of its number alone.
  using BatchSource = std::function<StepBatch(int64_t step)>;

  /// `pool` and `kernels` are lent; objective and source must outlive it. Throws Error for impossible options
  /// or a folder that another run has.
  Trainer(ThreadPool& pool, const kernels::KernelTable& kernels, Objective& objective, BatchSource source,
          TrainerOptions options);

  /// Continues from the newest state in the folder; false if there is none. Throws Error for a state that is
  /// damaged, of another model, recipe or seed.
  bool resume();

  /// Runs up to `until` steps done (at most options.steps; absent: all), saving as asked and at its end.
  /// Throws Error if a loss, gradient or weight is not finite: it names the step and where, and the weights
  /// are those of the step before, which have been saved.
  void run(const TrainerHooks& hooks = {}, std::optional<int64_t> until = std::nullopt);

  /// One step, without saving.
  StepReport step();
  /// Writes the state, if there is a folder. With ranks all of them call it.
  void save();

  /// From the next step on. It must train the same parameters.
  void set_objective(Objective& objective);
  void set_source(BatchSource source) { source_ = std::move(source); }
  /// Text that is kept in states: see TrainingProgress.
  std::string& notes() { return progress_.notes; }

  int64_t steps_done() const { return progress_.step; }
  int64_t tokens_done() const { return progress_.tokens; }
  bool finished() const { return progress_.step >= options_.steps; }

 private:
  struct ShardResults;
  LossReport gather_gradients(const StepBatch& batch, double& flops);
  void run_shard(Context& ctx, const StepBatch& batch, size_t shard, ShardResults& results);
  void share(ShardResults& results);
  void check(const StepBatch& batch) const;
  void check_origin(const TrainingProgress& loaded) const;
  [[noreturn]] void stop_at(const std::string& what);
  [[noreturn]] void refuse(const std::string& what) const;
  void describe(StepReport& report, const StepBatch& batch, double flops, double seconds);

  ThreadPool& pool_;
  const kernels::KernelTable& kernels_;
  Objective* objective_;
  BatchSource source_;
  TrainerOptions options_;
  Optimizer optimizer_;
  ShardSum shard_sum_;
  std::optional<TrainingFolder> folder_;
  Arena arena_;
  Tape tape_;
  TrainingProgress progress_;
  std::unique_ptr<Communicator> alone_ = make_lone_communicator();
  Communicator* ranks_;
  std::optional<int64_t> saved_step_;
  double seconds_ = 0;  // of this process's steps
  int64_t timed_steps_ = 0;
};

}  // namespace retort::train
