// On-policy batches: at every step the student answers new problems, and its own texts are what the teacher
// scores (GKD, Agarwal et al. 2024, with all completions from the student; no gradient flows through
// sampling).
#pragma once

#include <cstdint>

#include "retort/train/batches.h"
#include "retort/train/problem_stream.h"
#include "retort/train/traces.h"

namespace retort::train {

struct OnPolicyOptions {
  int64_t vocab_size = 0;
  int64_t max_length = 0;  // tokens of prompt and answer together; longer ones are cut
  BatchOptions batch;
};

/// The batch of step `step` of an on-policy stage, sampled by all ranks: a function of the student's weights
/// and the step alone.
StepBatch on_policy_batch(Communicator& ranks, const TeacherView& student, const ProblemStream& stream,
                          int64_t step, const OnPolicyOptions& options);

}  // namespace retort::train
