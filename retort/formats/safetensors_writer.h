// Writes safetensors files that the reference implementation reads: no gaps, the header padded with spaces so
// that the data starts at a multiple of 64 bytes.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "retort/formats/tensor_writer.h"

namespace retort {

class SafetensorsWriter : public TensorWriter {
 public:
  /// `metadata` becomes `__metadata__`. Tensors whose size is a multiple of 64 bytes come first, in the given
  /// order, then the others by falling element size: so every tensor is aligned to its elements, and the
  /// large ones to 64 bytes. Throws Error unsupported for a type that safetensors has no name for.
  SafetensorsWriter(const std::filesystem::path& path, const std::vector<TensorSpec>& tensors,
                    const std::vector<std::pair<std::string, std::string>>& metadata = {});
};

}  // namespace retort
