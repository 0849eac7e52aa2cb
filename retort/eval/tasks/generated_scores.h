// Scores of generated problems, made from the journal's samples alone.
#pragma once

#include <cstdint>
#include <span>

#include "retort/eval/suite.h"
#include "retort/problems/problem.h"

namespace retort::eval {

/// `problems` are those that were asked, `samples` those of the run, `n_samples` how often each was asked.
/// `dialogue_group`: what the group of the dialogues is called. Figures of each family ("logic/correct") and
/// of all together where they are several ("correct"): correct, steps.*, malformed, cut_off; of dialogues
/// dialogue.*, whose items are single turns ("dialogue-6-test-1-0#4") and whose clusters are the dialogues.
/// Breakdowns: each family's correct by level; dialogues by turn, by distance (turns since what is asked for
/// was last changed), and by questions (all right so far).
SuiteScores score_generated(std::span<const problems::Problem> problems, std::span<const Sample> samples,
                            int64_t n_samples, const std::string& dialogue_group = "dialogue");

}  // namespace retort::eval
