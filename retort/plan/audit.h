// Audit: what a widely copied article claims of hardware (embedded/hardware_claims.json), beside what the
// memory and time models predict of the model that stands nearest, line by line.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "retort/base/json.h"
#include "retort/plan/recommendation.h"

namespace retort::plan {

struct AuditLine {
  std::string id, claim;
  std::string claimed;                // "8 GB; minimum T4, recommended A10"
  std::string predicted;              // of the model that exists, in this engine's formats
  std::vector<std::string> verdicts;  // what is wrong and why, each with its numbers; empty: nothing
};

/// For one request at a context of `load`, and `load.users` of them.
std::vector<AuditLine> audit(std::span<const Device> catalogue, const Load& load);

Json to_json(const AuditLine& line);

}  // namespace retort::plan
