// A recipe carried out, from nothing to a model folder that other programs load. It can be stopped at any
// moment, by a kill too, and goes on from its last state to the same weights, bit for bit.
#pragma once

#include "retort/ops/context.h"
#include "retort/train/recipe.h"
#include "retort/train/run_report.h"

namespace retort::train {

/// What the run would cost. The rate is measured on a cut of the student; with budget.minutes it decides the
/// tokens. Throws Error bad_input or not_found for what the recipe names and is not there, and resource, with
/// the numbers and the way out, if the memory will not do.
CostReport estimate_costs(Context& ctx, const Recipe& recipe);

struct RunOptions {
  bool resume = false;
  double peak_flops = 0;  // of this machine, measured; 0: unknown
};

/// Carries the recipe out, or goes on with it. Throws Error cancelled when the observer interrupts it: then
/// what was done is kept.
void run_recipe(Context& ctx, const Recipe& recipe, const RunOptions& options, RunObserver& observer);

}  // namespace retort::train
