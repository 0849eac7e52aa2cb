// The teacher's part in a run: its traces, sampled once and kept, and the model itself for stages that need
// it at hand.
#pragma once

#include <filesystem>

#include "retort/infer/loaded_model.h"
#include "retort/model/decoder.h"
#include "retort/ops/context.h"
#include "retort/train/problem_text.h"
#include "retort/train/recipe.h"
#include "retort/train/traces.h"

namespace retort::train {

class Teacher {
 public:
  /// Throws Error bad_input if a stage learns its probabilities and the student's vocabulary is another,
  /// saying which stage and which token.
  Teacher(Context& ctx, const Recipe& recipe, const Tokenizer& student, const ProgressFn& progress);

  /// The traces that the recipe's stages learn from, in the student's tokens. Throws Error bad_input if the
  /// verifier accepts nothing. `progress` may throw to stop.
  TraceSet sample(Context& ctx, Communicator& ranks, const Recipe& recipe, const ProblemText& student_text,
                  const ProgressFn& progress) const;

  /// For losses that need more of it than traces. Throws Error unsupported if it is no Decoder.
  const Decoder& decoder() const;

 private:
  std::string where_;
  LoadedModel model_;
  bool same_vocabulary_;
};

/// How many of the teacher's likeliest tokens the traces keep: 0 where no stage learns from them.
int top_tokens_kept(const Recipe& recipe);

}  // namespace retort::train
