// Scenarios: programs of some size that are used the way a program is used, step by step, and not by one
// call. The parent draws the steps, knows what must come of each, and sees raw observations only.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "retort/eval/code/exceptions.h"
#include "retort/eval/sandbox/sandbox.h"

namespace retort::eval {

struct ScenarioResult {
  CellCount checks;        // of everything but faults
  CellCount faults;        // invalid operations and requests, met as the prompt says
  std::string first_miss;  // one line; empty: all were met

  bool solved() const { return checks.met == checks.all && faults.met == faults.all; }
  /// Counts a check, and keeps the first that fails.
  void count(CellCount ScenarioResult::*cell, bool met, const std::string& what);
};

/// A row of scenarios.inc.
struct ScenarioRow {
  std::string_view id;    // "lru_cache"
  std::string_view kind;  // "structure", "web"
  ScenarioResult (*run)(const Sandbox& sandbox, const std::string& source, uint64_t seed);
  /// What the user says.
  std::string_view prompt() const;
};
std::span<const ScenarioRow> scenarios();

}  // namespace retort::eval
