// What a solved problem costs: tokens, time, energy, from what the journal has of a run and its calls.
#pragma once

#include <span>
#include <vector>

#include "retort/base/json.h"
#include "retort/eval/compare/model_result.h"
#include "retort/eval/runner.h"

namespace retort::eval {

/// As a call is kept in the journal. `joules`: absent where the machine does not say.
Json to_json(const RunMetrics& metrics, std::optional<double> joules = std::nullopt);

/// tokens_per_solved, seconds_per_solved, joules_per_solved and batched_tokens_per_second, of those that can
/// be known. A run that was stopped may have answers of calls that left no measurement: its time is that of
/// the answers that have one, times all answers.
std::vector<HardwareFigure> costs_of(const SuiteResult& result, std::span<const Json> calls);

/// Items solved: the sum of the scores of the first figure that says so. Absent: there is none.
std::optional<double> solved_items(const SuiteResult& result);

}  // namespace retort::eval
