// StoredTensor: what a file says about one tensor, and where its bytes lie in the mapping. It may be of a
// type that this build cannot compute with: then it can be listed, not used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "retort/tensor/tensor.h"

namespace retort {

struct StoredTensor {
  std::string name;
  std::string_view type;       // as the format names it: "BF16", "iq4_xs"
  std::optional<DType> dtype;  // absent: no such type here
  Shape shape;                 // row-major, outermost first (GGUF files list the extents the other way round)
  std::span<const std::byte> bytes;
  uint64_t offset = 0;  // of the bytes in their file
  size_t file = 0;      // index into Checkpoint::files()
};

/// The tensor's bytes as a view. Throws Error unsupported with the tensor, its type and the supported types,
/// or if its bytes are not aligned to its elements; `where` names the file.
TensorView view_of(const StoredTensor& tensor, std::string_view where);

}  // namespace retort
