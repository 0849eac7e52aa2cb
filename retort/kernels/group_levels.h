// The tables that the levels' files define, for group_products(Isa) to choose from, and how k is cut.
#pragma once

#include "retort/base/arithmetic.h"
#include "retort/kernels/group_products.h"

namespace retort::kernels {

const GroupProducts& group_products_scalar();
const GroupProducts& group_products_avx2();
const GroupProducts& group_products_avx512();
const GroupProducts& group_products_avx512_vnni_bf16();

/// Rows of activations are padded with zeros to a multiple of these columns.
inline constexpr int64_t kGroupPadding = 128;

/// k is cut into equal chunks of whole 128s, whose sums are added in order: part of what a product is.
constexpr int64_t group_chunk_columns(int64_t k) {
  constexpr int64_t kMost = 1536;  // BF16: 12 to 18 KiB of 4 to 6 rows of activations
  return round_up(div_up(k, div_up(k, kMost)), kGroupPadding);
}

/// Bytes from one row of activations to the next, `step_bytes` for every `step` columns.
constexpr size_t group_activation_bytes(int64_t k, int64_t step, int64_t step_bytes) {
  // An odd number of cache lines: rows a power of two apart would share their sets of the first-level cache.
  return static_cast<size_t>(round_up(round_up(k, kGroupPadding) / step * step_bytes, int64_t{64}) / 64 | 1) *
         64;
}

}  // namespace retort::kernels
