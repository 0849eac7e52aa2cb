// What a model costs this machine, measured beside its answers.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "retort/cli/session.h"
#include "retort/eval/compare/model_result.h"

namespace retort::cli {

/// Sizes, and speeds alone and batched by the model's own forward pass: medians with quartiles of several
/// repetitions, each figure as of `run`. `prompt_tokens`: of the prompt that the first token is timed behind.
/// Takes about a second for small models, and a minute at most for large ones.
std::vector<eval::HardwareFigure> measure_speeds(Session& session, int64_t prompt_tokens,
                                                 const std::string& run, const std::function<void()>& check);

/// Tokens of the prompt of a prefill, or in front of the decoded ones, as the figure's note has them; 0: it
/// has none.
int64_t positions_of(const eval::HardwareFigure& figure);

}  // namespace retort::cli
