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

/// Bytes, in the parts that they are needed for.
struct MemoryForecast {
  uint64_t state = 0;        // 16 P: master, gradient and two moments in FP32
  uint64_t products = 0;     // 4 W: each matrix in BF16, as it stands and transposed; W counts all experts
  uint64_t activations = 0;  // 8 a n: activations and their gradients, in FP32, of n tokens at once
  uint64_t total() const;    // stops at the top instead of wrapping
};
MemoryForecast training_memory(const ModelCost& cost, uint64_t tokens_at_once);
inline constexpr const char* kMemoryFormula = "16 P + 4 W + 8 a n";

}  // namespace retort::train
