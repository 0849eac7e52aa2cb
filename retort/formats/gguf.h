// GGUF: reads versions 2 and 3, little-endian. The whole header is checked before anything is believed.
// Source: the GGUF specification (ggml, docs/gguf.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "retort/formats/gguf_metadata.h"
#include "retort/formats/stored_tensor.h"

namespace retort {

inline constexpr uint32_t kGgufDefaultAlignment = 32;
inline constexpr uint32_t kGgufMaxAlignment = 1u << 20;
/// Arrays of arrays deeper than this are refused; files in the wild have one level.
inline constexpr int kGgufMaxArrayDepth = 8;

struct GgufFile {
  uint32_t version = 3;
  uint64_t alignment = kGgufDefaultAlignment;
  uint64_t data_offset = 0;  // of the tensors' bytes in the file
  GgufMetadata metadata;
  std::vector<StoredTensor> tensors;  // in the order of the file
};

/// Reads the header of a whole file; the result points into `file`. Throws Error bad_input or unsupported
/// (version 1, big-endian) that names `where`, the place and the number. Tensors of types without kernels are
/// listed with dtype absent; of types whose size is not known either, refused.
GgufFile parse_gguf(std::span<const std::byte> file, std::string_view where);

}  // namespace retort
