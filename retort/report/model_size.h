// What a model's weights take, in bytes and in real bits a weight: with scales, fallbacks and all.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "retort/formats/checkpoint.h"
#include "retort/formats/model_config.h"

namespace retort::report {

struct SizePart {
  int64_t weights = 0;
  uint64_t bytes = 0;  // with scales and zero points
  double bits() const {
    return weights == 0 ? 0 : 8.0 * static_cast<double>(bytes) / static_cast<double>(weights);
  }
};

struct ModelSize {
  uint64_t file_bytes = 0;  // of the files that hold tensors
  SizePart matrices;        // that activations are multiplied by, without the head
  SizePart embeddings;      // and the head
  SizePart rest;            // norms, biases, routers
  /// Bytes of matrices by the type that the file names: "q4_k", "F8_E4M3"; most first.
  std::vector<std::pair<std::string, uint64_t>> matrix_types;

  SizePart all() const;
};

/// Weights are counted from the configuration, since packed files hold other numbers of elements.
ModelSize model_size(const Checkpoint& checkpoint, const ModelConfig& config);

/// "q4_k 78 %, q6_k 22 %"; scales aside.
std::string types_text(const ModelSize& size);

}  // namespace retort::report
