// Encoding with the importance of elements: for the formats that search a scale.
#pragma once

#include <cstddef>
#include <cstdint>

#include "retort/tensor/dtype.h"

namespace retort {

/// As encode_row, which is the same with null: q4_0 and the k-quants make the squared error small with that of
/// element i weighted by importance[i] > 0. The other formats have no choice, and ignore it.
void encode_row_weighted(DType dtype, const float* source, const float* importance, std::byte* out,
                         int64_t n);

}  // namespace retort
