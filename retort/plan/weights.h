// Weights: the bytes of every tensor in a format, with its blocks' overhead, its scales and its fallbacks.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "retort/plan/shape.h"

namespace retort::plan {

enum class Scales { none, row, block };

struct WeightFormat {
  std::string_view name, matrices, table, head, vectors;
  Scales scales;
  bool mixed;
  std::string_view about;
};
std::span<const WeightFormat> weight_formats();
/// Throws Error bad_input with the names there are.
const WeightFormat& find_format(std::string_view name);

/// The format's name for weights as the file has them.
inline constexpr std::string_view kAsStored = "stored";

/// Bytes of one element's type, block by block.
struct StorageType {
  std::string_view name;
  int64_t block, bytes;
};
const StorageType& storage_type(std::string_view name);

/// One tensor with what it is stored as.
struct WeightTensor {
  std::string name;
  Group group = Group::other;
  int64_t layer = -1;
  int64_t rows = 1, columns = 0, copies = 1;
  std::string type;          // of a known storage type, or as the file names it
  bool fallback = false;     // its rows are no multiple of the format's block
  uint64_t bytes = 0;        // of all copies
  uint64_t scale_bytes = 0;  // of them, scales in tensors of their own
};

struct Weights {
  std::string format;  // the name of a WeightFormat, or "stored"
  std::vector<WeightTensor> tensors;

  uint64_t bytes() const;
  uint64_t bytes(Group group) const;
  int64_t fallbacks() const;
  /// With the scales counted.
  double bits_per_weight() const;
};

/// `format`: of weight_formats(), or kAsStored for a shape that was read from a file.
Weights weights_of(const ModelShape& shape, std::string_view format);

/// What a plan is made for where nobody says: as stored, or as published.
std::string default_format(const ModelShape& shape);

}  // namespace retort::plan
