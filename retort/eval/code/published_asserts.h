// Runs a benchmark's own test where it does more than compare calls with literals. It runs beside the
// candidate, in one process, so its word is worth less than a comparison out here; figures say how many items
// it judged.
#pragma once

#include <string>

#include "retort/eval/code/scored_program.h"

namespace retort::eval {

/// Why the test fails, in one line; empty if it passes.
std::string run_published_test(const ScoredProgram& program);

}  // namespace retort::eval
