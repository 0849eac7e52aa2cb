// Weights of a Hugging Face checkpoint as f32, with their shapes checked: what students are cut from.
#pragma once

#include <string>
#include <string_view>

#include "retort/formats/checkpoint.h"
#include "retort/formats/model_config.h"
#include "retort/tensor/tensor.h"

namespace retort::train {

/// A matrix or vector of BF16, F16 or F32, decoded. Throws Error not_found, or bad_input with both shapes.
Tensor read_weights(const Checkpoint& checkpoint, const std::string& name, const Shape& shape);

/// Throws Error unsupported, beginning with `where`, if they are not of those dtypes but quantised.
void require_unquantised(const ModelConfig& config, std::string_view where);

}  // namespace retort::train
