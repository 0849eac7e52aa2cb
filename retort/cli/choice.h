// From what somebody asks to a choice: the candidates that there are, with their quality, memory, speed and
// price, and what was left out before.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "retort/plan/choose.h"
#include "retort/plan/choose_evidence.h"
#include "retort/plan/recommendation.h"

namespace retort::cli {

struct ChoiceRequest {
  std::string scenario;
  std::vector<std::string> devices;     // empty: this machine
  std::vector<std::string> precisions;  // of published models
  std::optional<int64_t> context;       // 4096, or all that a model knows
  int64_t users = 1;
  std::optional<double> margin_points;  // the scenario's
  std::optional<std::string> prefer;    // the scenario's
  std::optional<std::string> journal, prices, device_file;
  plan::Situation situation;  // its limits and its evidence
};

struct LeftOut {
  std::string model, why;
};

/// All that a choice was made from. Candidates and commands go together by index.
struct ChoiceReport {
  const plan::Scenario* scenario = nullptr;
  plan::Situation situation;
  std::vector<std::string> devices;  // their names
  std::vector<plan::Candidate> candidates;
  std::vector<std::string> commands;  // `retort run ...`
  std::vector<LeftOut> left_out;
  plan::Choice choice;
};

/// Scores runs of the journal, with progress on stderr. Throws Error: bad_input for what contradicts itself,
/// not_found for devices and files that are not there.
ChoiceReport make_choice(const ChoiceRequest& request);

}  // namespace retort::cli
