// What a training run will cost, by formulas that are shown with their results: parameters, operations,
// memory, and time at a measured rate.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "retort/formats/model_config.h"
#include "retort/train/recipe.h"

namespace retort::train {

/// The sizes of a model that costs follow from.
struct ModelCost {
  uint64_t parameters = 0;       // all of them
  uint64_t product_weights = 0;  // of the matrices that a token is multiplied with, the head included; of a
                                 // mixture's experts, those that a token uses
  uint64_t matrix_weights = 0;   // of all matrices: the same but for a mixture
  double attention_width = 0;    // sum over layers of num_attention_heads * head_dim
  uint64_t activations = 0;      // floats that the forward pass of one token leaves for its backward pass
};
ModelCost model_cost(const ModelConfig& config);

/// Multiplications and additions of forward and backward pass for one token of a sequence of T tokens:
/// 6 W + 6 A T, with W the product weights (2 forward, 2 for the input's gradient, 2 for the weight's) and A
/// the attention width (scores and sums over T / 2 positions on average: 2 A T forward, twice that backward).
double training_flops_per_token(const ModelCost& cost, double sequence_length);
inline constexpr const char* kFlopsFormula = "6 W + 6 A T";

/// Bytes, in the parts that they are needed for. What stands beside the student is at most so much.
struct MemoryForecast {
  uint64_t state = 0;  // (16 + 4 s) P: master, gradient, two moments, s sums of shards that wait, in FP32
  uint64_t products =
      0;  // 2 P + 2 W: everything in BF16 as it stands, W: matrices transposed too, all experts
  uint64_t activations =
      0;                  // 6 a n: of n tokens at once, in FP32, with half of the gradients alive beside them
  uint64_t logits = 0;    // of a chunk of tokens
  uint64_t data = 0;      // sequences, with the teacher's tokens beside them
  uint64_t teacher = 0;   // where it is at hand while the student learns: weights and activations
  uint64_t caches = 0;    // keys and values of answers: examinations, or the student's own texts
  uint64_t program = 0;   // itself, its libraries and tokenizer: measured
  uint64_t sampling = 0;  // the traces' turn, before there is a student: teacher, caches and traces

  /// Whichever turn takes more. Stops at the top instead of wrapping.
  uint64_t total() const;
};
/// The student's own part: state, products and activations. `pending_sums` is s.
MemoryForecast training_memory(const ModelCost& cost, uint64_t tokens_at_once, uint64_t pending_sums = 2);
inline constexpr const char* kMemoryFormula =
    "max(sampling, (18 + 4 s) P + 2 W + 6 a n + logits + data + teacher + caches + program)";

}  // namespace retort::train
