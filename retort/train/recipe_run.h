// A recipe carried out, from nothing to a model folder that other programs load. It can be stopped at any
// moment, by a kill too, and goes on from its last state to the same weights, bit for bit.
#pragma once

#include <string>

#include "retort/ops/context.h"
#include "retort/train/communicator.h"
#include "retort/train/recipe.h"
#include "retort/train/run_report.h"

namespace retort::train {

struct RunOptions {
  bool resume = false;
  std::string resume_command;     // what goes on with it, for who stops it
  double peak_flops = 0;          // of all machines together, measured; 0: unknown
  Communicator* ranks = nullptr;  // that carry it out together, each calling the same; null: alone
  int processes_here = 1;         // of them, on this machine: they share its memory
};

/// What the run would cost. The rate is measured on a cut of the student; with budget.minutes it decides the
/// tokens. Throws Error bad_input or not_found for what the recipe names and is not there, and resource, with
/// the numbers and the way out, if the memory will not do.
CostReport estimate_costs(Context& ctx, const Recipe& recipe, const RunOptions& options = {});

/// Carries the recipe out, or goes on with it; on how many ranks changes no bit of the weights. Rank 0 alone
/// writes and has an observer that is told. Throws Error cancelled when the observer interrupts it: then
/// what was done is kept.
void run_recipe(Context& ctx, const Recipe& recipe, const RunOptions& options, RunObserver& observer);

}  // namespace retort::train
