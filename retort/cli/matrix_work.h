// What a step of a model reads and computes in its matrices, by which a measured time becomes GB/s and
// GFLOP/s.
#pragma once

#include <optional>

#include "retort/formats/checkpoint.h"

namespace retort::cli {

/// Sums over the matrices of one step. A table of words that is only looked up is not among them.
struct MatrixWork {
  double bytes = 0;           // as the file stores them
  double weights = 0;         // elements; each is one multiply and one add per token
  double head_weights = 0;    // of them, those of the output matrix, which only tokens with logits pay
  std::optional<DType> type;  // with the most elements
  // Of bytes and weights, those of experts, of which a step reads and a token uses a part.
  double expert_bytes = 0, expert_weights = 0;

  /// What a step reads that touches `share` of all experts.
  double bytes_read(double share) const { return bytes - (1 - share) * expert_bytes; }
  /// What a token without logits is multiplied by, if it uses `share` of all experts.
  double token_weights(double share) const { return weights - head_weights - (1 - share) * expert_weights; }
};

MatrixWork matrix_work(const Checkpoint& checkpoint);

}  // namespace retort::cli
