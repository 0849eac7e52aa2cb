// Hosted models on the command line: https://host/v1#name where a model is asked for, the options that go
// with it, and what is shown of a run on one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "retort/base/json.h"
#include "retort/cli/options.h"
#include "retort/eval/api/runner.h"
#include "retort/eval/api/subject.h"

namespace retort::cli {

struct HostedOptions {
  std::string key_variable = "OPENAI_API_KEY";
  bool no_key = false;
  int64_t concurrency = 8, retries = 6;
  std::optional<double> requests_per_minute, tokens_per_minute;
  std::optional<double> connect_timeout, read_timeout, total_timeout;
  std::optional<std::string> served_as, body, prices;
};

/// A group of its own in the help.
void declare_hosted_options(Options& options, HostedOptions& hosted);

/// Throws Error bad_input, or not_found where the key is named and not there.
eval::ApiSubject hosted_subject(const std::string& model, const HostedOptions& hosted);

void print_hosted_metrics(const eval::ApiMetrics& metrics);
Json to_json(const eval::ApiMetrics& metrics);

/// What the samples of a run on this model cost; null where no price is known. `prices`: a file, or those
/// that come with Retort.
Json cost_json(const std::string& model, const std::vector<eval::Sample>& samples,
               const std::optional<std::string>& prices);
/// The same as a row; for null a line that says how to give a price.
void print_cost(const Json& cost);

/// How many of a run's answers the API failed to give; 0 for models that run here.
int64_t count_failed(const std::vector<eval::Sample>& samples);

}  // namespace retort::cli
