// The formats that a model can be written in, and how a tensor is stored in one. The table is targets.inc.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "retort/compress/integer_matrix.h"
#include "retort/formats/checkpoint.h"
#include "retort/tensor/dtype.h"

namespace retort::compress {

/// How a tensor's values are stored.
struct Encoding {
  enum class Kind {
    rows,         // each row by itself, as the dtype's blocks say
    fp8_channel,  // compressed-tensors float-quantized: a scale a row
    fp8_block,    // DeepSeek-V3: a scale every 128 x 128
    integer,      // compressed-tensors int-quantized (8 bits) and pack-quantized (4 bits)
  };
  Kind kind = Kind::rows;
  DType dtype = DType::bf16;  // of the values; unused for integers
  IntegerGrid grid;           // integers only

  static constexpr Encoding rows(DType dtype) { return {Kind::rows, dtype, {0, 0}}; }
  static constexpr Encoding fp8_channel() { return {Kind::fp8_channel, DType::f8_e4m3, {0, 0}}; }
  static constexpr Encoding fp8_block() { return {Kind::fp8_block, DType::f8_e4m3, {0, 0}}; }
  static constexpr Encoding integer(int bits, int64_t group) {
    return {Kind::integer, DType::i32, {bits, group}};
  }

  bool operator==(const Encoding&) const = default;
  /// Of the values of a row, without their scales.
  int64_t row_bytes(int64_t columns) const;
  /// Empty if rows of that many columns can be stored so, else why not.
  std::string obstacle(int64_t columns) const;
  /// Of a matrix, its scales included.
  uint64_t bytes(int64_t rows, int64_t columns) const;
  /// "q4_k", "f8_e4m3", "int4 in groups of 32".
  std::string name() const;
};

struct Target {
  std::string_view name;
  Layout layout;
  Encoding matrices;
  DType more;     // of the matrices that a mixture keeps in more bits
  int file_type;  // GGUF only
  std::string_view summary;

  bool is_mixture() const { return layout == Layout::gguf && more != matrices.dtype; }
};

std::span<const Target> targets();
/// Throws Error bad_input with the nearest name, or all.
const Target& target_named(std::string_view name);

}  // namespace retort::compress
