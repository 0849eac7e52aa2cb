// Data types: every fact about one stands in its row of dtypes.inc.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace retort {

enum class DType : uint8_t {
#define X(id, name, block, bytes, gguf, safetensors) id,
#include "retort/tensor/dtypes.inc"
#undef X
};

struct DTypeInfo {
  DType dtype;
  std::string_view name;
  int block_size;                     // elements per block
  int block_bytes;                    // bytes per block
  int gguf_id;                        // -1: not in GGUF
  std::string_view safetensors_name;  // "": not in safetensors
};

inline constexpr DTypeInfo kDTypes[] = {
#define X(id, name, block, bytes, gguf, safetensors) {DType::id, name, block, bytes, gguf, safetensors},
#include "retort/tensor/dtypes.inc"
#undef X
};
inline constexpr int kDTypeCount = static_cast<int>(sizeof(kDTypes) / sizeof(kDTypes[0]));

constexpr const DTypeInfo& info(DType dtype) {
  return kDTypes[static_cast<int>(dtype)];
}
constexpr std::string_view name(DType dtype) {
  return info(dtype).name;
}
/// True for the block formats of 4 to 8 bits with scales of their own, whose products run on 8-bit integers.
constexpr bool is_quantized(DType dtype) {
  return info(dtype).block_size >= 32;
}
/// Bits per element with the block's own scales counted.
constexpr double bits_per_weight(DType dtype) {
  return 8.0 * info(dtype).block_bytes / info(dtype).block_size;
}

/// Bytes of one row of n elements; n must be a multiple of the block.
constexpr int64_t row_bytes(DType dtype, int64_t n) {
  return n / info(dtype).block_size * info(dtype).block_bytes;
}

constexpr std::optional<DType> dtype_from_gguf(int64_t id) {
  for (const auto& row : kDTypes)
    if (row.gguf_id >= 0 && row.gguf_id == id) return row.dtype;
  return std::nullopt;
}

constexpr std::optional<DType> dtype_from_safetensors(std::string_view name) {
  for (const auto& row : kDTypes)
    if (!row.safetensors_name.empty() && row.safetensors_name == name) return row.dtype;
  return std::nullopt;
}

constexpr std::optional<DType> dtype_from_name(std::string_view name) {
  for (const auto& row : kDTypes)
    if (row.name == name) return row.dtype;
  return std::nullopt;
}

}  // namespace retort
