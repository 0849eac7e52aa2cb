// The stages of a recipe made ready: what each learns from, and its share of the steps.
#pragma once

#include <cstdint>
#include <vector>

#include "retort/base/thread_pool.h"
#include "retort/train/batches.h"
#include "retort/train/lessons.h"
#include "retort/train/problem_text.h"
#include "retort/train/recipe.h"
#include "retort/train/run_report.h"
#include "retort/train/text_lessons.h"
#include "retort/train/token_loss.h"
#include "retort/train/traces.h"

namespace retort::train {

/// Gradients are summed over so many shards, whatever computes them; see ShardSum.
inline constexpr int kVirtualShards = 4;

struct Stage {
  StageRecipe recipe;
  Lessons lessons;
  LossMix mix;
  int64_t first_step = 0;       // of all stages' steps
  int64_t steps = 0;            // at least 1
  int64_t batch_sequences = 1;  // of a step

  BatchOptions batch_options(const Recipe& recipe) const;
  StageReport report() const;
};

/// What the stages are made with.
struct StageSources {
  const ProblemText& text;  // the student's
  int64_t vocab_size = 0;
  int64_t tokens = 0;                // the run's budget
  const TraceSet* traces = nullptr;  // the teacher's, in the student's tokens; where some stage needs them
  TextLessons* texts = nullptr;      // of the recipe's files; the last stage that needs them takes them
};

/// The number of the run's steps is that of the last stage's end. What a stage learns from depends on the
/// recipe and the traces alone.
std::vector<Stage> make_stages(ThreadPool& pool, const Recipe& recipe, const StageSources& sources,
                               const ProgressFn& progress);

/// The stream of problems that the stage learns from.
ProblemStream stream_of(const Recipe& recipe, const StageRecipe& stage);

}  // namespace retort::train
