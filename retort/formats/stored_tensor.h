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

/// No tensor of any model comes near this; products of sizes stay far from 2^63.
inline constexpr uint64_t kMaxElements = uint64_t{1} << 48;
/// Of one file. DeepSeek-V3 has 91,991 tensors in 163 files.
inline constexpr uint64_t kMaxTensorsPerFile = 65536;

/// The extents as a Shape. Throws Error for a rank beyond Shape's, an extent of 0, or more than kMaxElements.
Shape checked_shape(std::span<const uint64_t> extents, std::string_view tensor, std::string_view where);

/// Up to three names closest to `name`, quoted, for messages.
std::string nearest_names(std::span<const StoredTensor> tensors, std::string_view name);

}  // namespace retort
