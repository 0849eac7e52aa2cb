// The head fused with its losses: a chunk of tokens at a time goes from hidden states to logits, to losses
// and their gradient, and back, so that tokens x vocabulary is never held, and tokens that do not count cost
// nothing.
#pragma once

#include <cstdint>
#include <span>

#include "retort/ops/linear.h"
#include "retort/ops/tape.h"
#include "retort/train/token_loss.h"

namespace retort::train {

/// What the rows of hidden states are to predict, and what a teacher says about it.
struct HeadTargets {
  std::span<const int32_t> targets;    // [rows], each in [0, vocab_size)
  std::span<const uint8_t> predicted;  // [rows]: 1 where the row counts

  // The teacher, if the mix needs one, either as stored lists ...
  int top_k = 0;
  std::span<const int32_t> top_ids;      // [rows][top_k], distinct within a row
  std::span<const float> top_log_probs;  // [rows][top_k]
  // ... or as a model at hand: its normed hidden states [rows, its hidden_size] and its head, of the same
  // vocabulary. Its logits are computed chunk by chunk as well.
  const Tensor* teacher_hidden = nullptr;
  const Linear* teacher_head = nullptr;
};

/// hidden [rows, hidden_size], f32 or f64, of the decoder whose `head` that is. Returns the losses added up
/// over the rows that count. With a tape, adds the gradient of (mix's weighted sum of the losses) /
/// denominator to hidden's sink and to the head's gradient if it is watched: there is nothing to play back
/// later. `denominator` is the number of rows that count in the whole step, over all micro-batches. `mix` is
/// checked.
TokenLoss head_loss(Context& ctx, const Tensor& hidden, const Linear& head, const HeadTargets& targets,
                    const LossMix& mix, double denominator);

}  // namespace retort::train
