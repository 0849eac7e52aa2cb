// What the levels of float products share: how k is cut, where activation rows lie, and the levels' tables.
#pragma once

#include "retort/base/arithmetic.h"
#include "retort/kernels/float_products.h"

namespace retort::kernels {

const FloatProducts& float_products_scalar();
const FloatProducts& float_products_avx2();
const FloatProducts& float_products_avx512();
const FloatProducts& float_products_avx512_vnni_bf16();

/// Columns that share a factor of `prepare`.
inline constexpr int64_t kFloatScaleBlock = 128;

/// Activation rows are padded with zeros to a multiple of these columns: no operand vector is longer.
inline constexpr int64_t kFloatPadding = 64;

/// Bytes of one row of a chunk at most: 6 rows of activations and 4 of weights stay in 32 KiB.
inline constexpr int64_t kFloatChunkBytes = 3072;

/// k is cut into equal chunks, whose sums are added in order: part of what a product is, so a function of k
/// and the operands' element size only.
constexpr int64_t float_chunk_columns(int64_t k, int64_t element_bytes) {
  int64_t chunks = div_up(k * element_bytes, kFloatChunkBytes);
  return round_up(div_up(k, chunks), kFloatPadding);
}

constexpr FloatProducts float_table(FloatFormat f32, FloatFormat f16, FloatFormat bf16, FloatFormat f8_e4m3) {
  FloatProducts table{};
  table.formats[static_cast<int>(DType::f32)] = f32;
  table.formats[static_cast<int>(DType::f16)] = f16;
  table.formats[static_cast<int>(DType::bf16)] = bf16;
  table.formats[static_cast<int>(DType::f8_e4m3)] = f8_e4m3;
  return table;
}

/// Bytes from one row of activations to the next.
constexpr size_t float_activation_bytes(int64_t k, int64_t element_bytes) {
  int64_t lines = round_up(k, kFloatPadding) * element_bytes / 64;
  // An odd number of cache lines: rows a power of two apart would share their sets of the first-level cache.
  return static_cast<size_t>(lines | 1) * 64;
}

}  // namespace retort::kernels
