// Encoders of the k-quants: the search for scales and minimums that leave the least weighted squared error.
#pragma once

#include "retort/tensor/blocks.h"

namespace retort {

/// `importance`: of each of the 256 elements, above 0; null: q4_k and q5_k weigh an element by its magnitude
/// plus its group's root mean square, q6_k by its square (large elements matter more; as llama.cpp has it).
void encode_k_block(const float* w, const float* importance, BlockQ4_K& block);
void encode_k_block(const float* w, const float* importance, BlockQ5_K& block);
void encode_k_block(const float* w, const float* importance, BlockQ6_K& block);

}  // namespace retort
