// The layout of packed panels: 16 rows of quantised blocks, interleaved by 4 bytes.
//
// One block of 16 rows is kDwords vectors of 16 dwords, lane r from row r, followed by 16 halves if the block
// has an odd f16. Dword i of a lane is what stands at byte kDwordsAt + 4 i of the row's block in the file, so
// the meaning of every bit is that of blocks.h. All levels share this layout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "retort/kernels/integer_products.h"
#include "retort/tensor/blocks.h"

namespace retort::kernels {

/// `flip` is applied to every dword: q8_0 turns its signed bytes into unsigned ones of bias 128.
template <typename Block, int kColumnsPerBlock, int kFirstDword, int kHalfByte, uint32_t kFlipBits = 0>
struct PanelLayout {
  using FileBlock = Block;
  static constexpr int kColumns = kColumnsPerBlock;
  static constexpr int kBlockBytes = static_cast<int>(sizeof(Block));
  static constexpr int kPanelBytes = kPanelRows * kBlockBytes;  // of one block of 16 rows
  static constexpr int kDwords = kBlockBytes / 4;
  static constexpr int kDwordsAt = kFirstDword;
  static constexpr int kHalfAt = kHalfByte;  // -1: none
  static constexpr uint32_t kFlip = kFlipBits;
};

using PanelQ8_0 = PanelLayout<BlockQ8_0, 32, 2, 0, 0x80808080u>;
using PanelQ4_0 = PanelLayout<BlockQ4_0, 32, 2, 0>;
using PanelQ4_K = PanelLayout<BlockQ4_K, 256, 0, -1>;
using PanelQ5_K = PanelLayout<BlockQ5_K, 256, 0, -1>;
using PanelQ6_K = PanelLayout<BlockQ6_K, 256, 0, 208>;

/// Interleaves one block of n_rows rows; the portable form of IntegerFormat::pack's inner step.
template <typename Panel>
void pack_block(const std::byte* block, int64_t row_bytes, int n_rows, std::byte* out) {
  for (int r = 0; r < n_rows; ++r, block += row_bytes) {
    for (int i = 0; i < Panel::kDwords; ++i) {
      uint32_t x;
      std::memcpy(&x, block + Panel::kDwordsAt + 4 * i, 4);
      x ^= Panel::kFlip;
      std::memcpy(out + 4 * (kPanelRows * i + r), &x, 4);
    }
    if constexpr (Panel::kHalfAt >= 0)
      std::memcpy(out + 4 * kPanelRows * Panel::kDwords + 2 * r, block + Panel::kHalfAt, 2);
  }
}

/// The block of one row out of a packed block: the inverse of pack_block.
template <typename Panel>
typename Panel::FileBlock unpack_block(const std::byte* packed, int r) {
  typename Panel::FileBlock block;
  auto* bytes = reinterpret_cast<std::byte*>(&block);
  for (int i = 0; i < Panel::kDwords; ++i) {
    uint32_t x;
    std::memcpy(&x, packed + 4 * (kPanelRows * i + r), 4);
    x ^= Panel::kFlip;
    std::memcpy(bytes + Panel::kDwordsAt + 4 * i, &x, 4);
  }
  if constexpr (Panel::kHalfAt >= 0)
    std::memcpy(bytes + Panel::kHalfAt, packed + 4 * kPanelRows * Panel::kDwords + 2 * r, 2);
  return block;
}

template <typename Panel>
void pack_panel(const std::byte* rows, int64_t row_bytes, int n_rows, int64_t k, std::byte* panel) noexcept {
  if (n_rows < kPanelRows) std::memset(panel, 0, static_cast<size_t>(kPanelRows * row_bytes));
  for (int64_t j = 0; j < k / Panel::kColumns; ++j)
    pack_block<Panel>(rows + j * Panel::kBlockBytes, row_bytes, n_rows, panel + j * Panel::kPanelBytes);
}

}  // namespace retort::kernels
