// The scale that belongs to an FP8 weight of a Hugging Face checkpoint.
#pragma once

#include <string_view>

#include "retort/formats/checkpoint.h"

namespace retort {

struct WeightScale {
  enum class Kind {
    none,
    row,    // compressed-tensors' NAME.weight_scale, [out, 1] or [out]: one factor per output row
    block,  // DeepSeek-V3's NAME.weight_scale_inv, [ceil(out / 128), ceil(in / 128)]: one per 128 x 128 block
  };
  Kind kind = Kind::none;
  TensorView scale;  // f32, bf16 or f16; multiplies the stored weight (also where it is called "inverse")
};

/// The scale of "NAME.weight". Throws Error bad_input if its shape or type does not fit the weight's, or if
/// both kinds are there; not_found if the weight itself is not.
WeightScale find_scale(const Checkpoint& checkpoint, std::string_view weight_name);

}  // namespace retort
