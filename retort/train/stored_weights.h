// Weights of a Hugging Face checkpoint as f32, with their shapes checked: what students are cut from.
#pragma once

#include <string>

#include "retort/formats/checkpoint.h"
#include "retort/tensor/tensor.h"

namespace retort::train {

/// A matrix or vector of BF16, F16 or F32, decoded. Throws Error not_found, or bad_input with both shapes.
Tensor read_weights(const Checkpoint& checkpoint, const std::string& name, const Shape& shape);

}  // namespace retort::train
