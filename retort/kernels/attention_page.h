// The inside of a page of keys and values: the same at every level, so that a cache outlives a change of
// level. A page holds one block per key-value head:
//
//   keys    [head_dim / 2][32 positions][2]   two neighbouring dimensions of a position side by side
//   values  [head_dim / 16][16][16][2]        two neighbouring positions of a dimension side by side, in
//   strips
//                                             of 16 dimensions
//   q8 and fp8: f32 scale of the key, then of the value, of each position: x ~ scale * q, q a whole number in
//   [-127, 127] or a number of E4M3, never its NaN
//
// Both orders are read from front to back, and let a vector of pairs be multiplied by one broadcast pair and
// added up without a horizontal sum: scores run along positions, outputs along dimensions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "retort/kernels/attention.h"

namespace retort::kernels {

/// Where the parts of one head's block lie, in bytes.
struct KvBlock {
  size_t element_bytes, values, key_scales, value_scales, bytes;

  explicit KvBlock(const KvLayout& layout) {
    element_bytes = static_cast<size_t>(info(layout.dtype).element_bytes);
    values = static_cast<size_t>(kPageTokens * layout.head_dim) * element_bytes;
    key_scales = 2 * values;
    value_scales = key_scales + (info(layout.dtype).scaled ? kPageTokens * sizeof(float) : 0);
    bytes = value_scales + (value_scales - key_scales);
  }
};

/// Elements from the start of the keys, and of the values.
constexpr int64_t key_index(int64_t position, int64_t d) {
  return (d / 2 * kPageTokens + position) * 2 + d % 2;
}
constexpr int64_t value_index(int64_t position, int64_t d) {
  return ((d / 16 * kPageTokens / 2 + position / 2) * 16 + d % 16) * 2 + position % 2;
}

/// The block of a head that holds positions [32 i, 32 i + 32).
inline std::byte* kv_block(const KvView& kv, const KvBlock& block, int64_t page, int head) {
  return kv.base + static_cast<size_t>(kv.page_table[page]) * kv.page_stride +
         static_cast<size_t>(head) * block.bytes;
}

}  // namespace retort::kernels
