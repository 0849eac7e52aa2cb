// Inverse frequencies of rotary embeddings, one function per kind of scaling, in the precision and order of
// operations of Hugging Face's modeling_rope_utils: tensors in f32, Python's numbers in double.
#pragma once

#include <vector>

#include "retort/ops/rope.h"

namespace retort {

/// One inverse frequency under dynamic scaling, for a context of seq_len positions.
float dynamic_inverse_frequency(const RopeParameters& p, int64_t i, int64_t seq_len);

/// All rotary_dim / 2 of them, freq_factors applied; dynamic scaling: for max_position_embeddings.
std::vector<float> rope_inverse_frequencies(const RopeParameters& p);

/// What cosines and sines are multiplied by.
double rope_attention_factor(const RopeParameters& p);

}  // namespace retort
