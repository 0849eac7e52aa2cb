// What is in a checkpoint, gathered without running it and without trusting it: parts that this build cannot
// read are reported as such, with the reason.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "retort/formats/checkpoint.h"
#include "retort/formats/generation_config.h"
#include "retort/formats/model_config.h"

namespace retort::cli {

struct TypeSummary {
  std::string type;  // as the file names it
  bool supported = false;
  uint64_t tensors = 0;
  uint64_t parameters = 0;
  uint64_t bytes = 0;
};

struct CheckpointSummary {
  std::string format;              // "GGUF", "safetensors"
  std::string architecture;        // as the file names it; "" when it does not say
  std::string weights;             // "random" when the file says so of itself
  uint64_t parameters = 0;         // elements of all tensors but quantisation scales
  uint64_t active_parameters = 0;  // of them, those that one token uses: not all experts
  uint64_t tensor_bytes = 0;
  std::vector<TypeSummary> types;  // most bytes first
  std::optional<ModelConfig> config;
  std::optional<GenerationConfig> generation;
  std::vector<std::string> obstacles;  // why it cannot run here; empty: nothing was found

  double bits_per_weight() const {
    return parameters == 0 ? 0 : 8.0 * static_cast<double>(tensor_bytes) / static_cast<double>(parameters);
  }
};

CheckpointSummary summarize(const Checkpoint& checkpoint);

/// True if the file says of itself that its weights are random.
bool weights_are_random(const Checkpoint& checkpoint);

/// True for the factors and shapes that go with quantised weights, which are no parameters of the model.
bool is_quantization_scale(const StoredTensor& tensor);

/// True for 4-bit weights, 8 to an I32 (compressed-tensors' pack-quantized).
bool is_packed(const StoredTensor& tensor);
/// The weights that a tensor holds: its elements, or 8 to each if it is packed.
int64_t stored_weights(const StoredTensor& tensor);

}  // namespace retort::cli
