// Which model for what, from what was measured alone, with the sentence that supports it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "retort/eval/compare/model_result.h"

namespace retort::eval {

struct Deployment {
  std::string_view name;
  std::string_view quality;  // for ModelResult::figure
  double lost = 0;           // how much of it may be lost to the best: 0.02 = two points
  std::string_view cost;     // id of a figure of hardware
};
std::span<const Deployment> deployments();

struct Recommendation {
  std::string scenario;
  std::string model;     // empty: none can be recommended
  std::string sentence;  // why, with intervals
  std::vector<std::string> runs;
  std::string runner_up;  // the next that qualifies; empty: none
  std::string why_not;    // what speaks against the runner-up, or against all
};

/// A quality below which nothing is recommended: the best model's whole interval lies below it.
inline constexpr double kUseful = 0.5;

/// One for each scenario whose quality was measured of any model. Models qualify that are shown not to be
/// worse than the best (in value) by more than the scenario's margin, or are the best, and have the cost's
/// figure.
std::vector<Recommendation> recommend(std::span<const ModelResult> models);

/// The indexes of the models on the Pareto front: no other has at least their value of `quality` at no more
/// of `cost`, with one of the two better. Models without both are not on it.
std::vector<size_t> pareto_front(std::span<const ModelResult> models, std::string_view quality,
                                 std::string_view cost);

/// "5.2 MB", "0.8 ms", "2,100 tokens/s": a figure of hardware with its unit.
std::string hardware_text(std::string_view id, double value);

}  // namespace retort::eval
