// Rows of a matrix from f32 to the bytes of an encoding.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "retort/compress/integer_matrix.h"
#include "retort/compress/target.h"
#include "retort/kernels/block_encoders.h"

namespace retort::compress {

/// Rows that follow each other: their values as the layout stores them, and the scales beside them.
struct EncodedRows {
  std::vector<std::byte> values;  // encoding.row_bytes(columns) a row
  std::vector<float> scales;      // by row, and by group or block within it; of fp8_block, by rows of blocks
};

/// Encodes `rows`; for fp8_block they begin at a multiple of 128. `importance` by column, E[x^2] of what the
/// matrix reads, may be empty.
void encode_rows(const kernels::BlockEncoders& kernels, const Encoding& encoding, MatrixView rows,
                 std::span<const double> importance, EncodedRows& out);

/// Integers as they are stored: INT8 as it is, INT4 packed as compressed-tensors does: 8 values a 32-bit
/// word, the first in the lowest bits, each with 8 added.
void encode_integers(const IntegerMatrix& matrix, EncodedRows& out);

}  // namespace retort::compress
