// ggml's tensor types by number: those with kernels here come from DType's table, the others are known by
// name and size so that they can be listed, measured and refused by name.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "retort/tensor/dtype.h"

namespace retort {

struct GgmlType {
  std::string_view name;
  uint64_t block_size;         // elements
  uint64_t block_bytes;        // 0: support was removed, or the size is not known here
  std::optional<DType> dtype;  // absent: no kernels
};

std::optional<GgmlType> ggml_type(uint32_t id);

}  // namespace retort
