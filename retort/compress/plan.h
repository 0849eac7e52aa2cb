// What each tensor of a model becomes in a format: the rules of the format, and the fallback where a shape
// does not suit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "retort/compress/source_model.h"
#include "retort/compress/target.h"

namespace retort::compress {

struct TensorPlan {
  const SourceTensor* tensor = nullptr;
  Encoding encoding;
  Encoding wanted;       // differs from `encoding` for a fallback
  std::string obstacle;  // why

  bool is_fallback() const { return !obstacle.empty(); }
  uint64_t bytes() const { return encoding.bytes(tensor->rows, tensor->columns); }
};

struct QuantizationPlan {
  Layout layout = Layout::gguf;
  int file_type = 0;                // GGUF's general.file_type
  std::vector<TensorPlan> tensors;  // in the source's order

  uint64_t weights() const;
  uint64_t bytes() const;
  /// Of the matrices: scales counted, vectors not.
  double bits_per_weight() const;
};

/// The rules. Vectors and routers stay in 16 or 32 bits. In a folder the embedding and the head stay as they
/// are (nothing that reads compressed-tensors expects them otherwise); in a GGUF file they follow llama.cpp's
/// rules.
QuantizationPlan plan_quantization(const SourceModel& source, const Target& target);

}  // namespace retort::compress
