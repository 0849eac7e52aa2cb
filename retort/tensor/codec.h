// Reference encode and decode of every dtype, one row at a time: the meaning of the bytes, in plain scalar
// code. Kernels are tested against it; embedding lookups and format writers use it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "retort/tensor/dtype.h"

namespace retort {

/// Decodes n elements (a multiple of the block) into f32.
void decode_row(DType dtype, const std::byte* source, float* out, int64_t n);

/// Encodes n elements (a multiple of the block) by round-to-nearest as the format's own specification does.
/// Any finite input is encoded; the k-quants search scale and minimum by weighted least squares.
void encode_row(DType dtype, const float* source, std::byte* out, int64_t n);

}  // namespace retort
