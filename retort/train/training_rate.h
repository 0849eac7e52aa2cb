// How fast a student of some shape trains here, measured before the run on a cut of it.
#pragma once

#include "retort/formats/model_config.h"
#include "retort/ops/context.h"
#include "retort/train/recipe.h"

namespace retort::train {

/// Operations per second of whole steps, with forward and backward pass and optimiser, of a
/// model with the student's widths, at most two of its layers and random weights and tokens. Takes about a
/// second.
double measure_training_rate(Context& ctx, const ModelConfig& config, const ScheduleRecipe& schedule);

/// The same for answering: operations per second, 2 for each weight and token, while many answers are
/// generated side by side. Takes about half a second.
double measure_answering_rate(Context& ctx, const ModelConfig& config);

}  // namespace retort::train
