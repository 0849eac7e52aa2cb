// safetensors: a JSON header that names tensors and their byte ranges, then the bytes. The header is read in
// one pass, without a tree, and checked completely. Source: the safetensors README, "Format".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "retort/formats/stored_tensor.h"

namespace retort {

/// The limit of the reference implementation.
inline constexpr uint64_t kSafetensorsMaxHeader = 100'000'000;

struct SafetensorsFile {
  std::vector<std::pair<std::string, std::string>> metadata;  // `__metadata__`, in the order of the file
  std::vector<StoredTensor> tensors;                          // in the order of their bytes
  uint64_t data_offset = 0;
};

/// Reads the header of a whole file; tensors point into `file`. Throws Error naming `where`, the place and
/// the number: as in the reference implementation the tensors must fill the file without overlap or gap.
SafetensorsFile parse_safetensors(std::span<const std::byte> file, std::string_view where);

}  // namespace retort
