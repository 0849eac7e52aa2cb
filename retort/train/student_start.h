// A student's first weights: random, a folder's, or made of a folder's by upcycling or pruning.
#pragma once

#include "retort/base/progress.h"
#include "retort/model/trainable.h"
#include "retort/train/dataset.h"
#include "retort/train/recipe.h"
#include "retort/train/run_report.h"

namespace retort::train {

/// The configuration of a student that starts from the folder whose configuration is `base`. Throws Error
/// bad_input or unsupported, naming the key, for what cannot be made of it.
ModelConfig started_config(const Recipe& recipe, const ModelConfig& base);

/// Fills the student. `lessons` are what a pruned one is measured on. The same for every number of threads.
/// `progress` may throw to stop.
StartReport start_student(Context& ctx, const Recipe& recipe, TrainableDecoder& student,
                          const Dataset& lessons, const ProgressFn& progress);

}  // namespace retort::train
