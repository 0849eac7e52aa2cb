// Scores of a code suite: every answer of a run through the scorers, on several threads, and the figures made
// of them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "retort/eval/code/prepared_task.h"
#include "retort/eval/suite.h"

namespace retort::eval {

/// All but the efficiencies, which are of measured times, depends on the samples and the seed alone. Throws
/// Error unsupported where there is no sandbox that passes its self-test, and what the hooks throw.
SuiteScores score_code(std::span<const CodeProblem> problems, std::span<const Sample> samples,
                       int64_t n_samples, uint64_t seed, const ScoreHooks& hooks);

}  // namespace retort::eval
