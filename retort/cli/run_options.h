// The options of `retort run`, and the sampling that follows from them and from what the model's makers
// recommend.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "retort/cli/session.h"
#include "retort/infer/sampling_parameters.h"

namespace retort::cli {

struct RunOptions {
  SessionOptions session;
  std::optional<std::string> prompt;
  std::optional<std::string> system;
  bool raw = false;
  bool json = false;

  std::optional<double> temperature, top_p, min_p;
  std::optional<int64_t> top_k, seed;
  std::optional<int64_t> max_new_tokens, context, think_budget;
  std::vector<std::string> stop;
  bool show_thoughts = false, hide_thoughts = false;
};

void declare_run_options(Options& options, RunOptions& run);

/// The model's defaults, changed by what the options say. Without --seed, a random one.
SamplingParameters sampling_of(const RunOptions& run, const LoadedModel& model);

}  // namespace retort::cli
