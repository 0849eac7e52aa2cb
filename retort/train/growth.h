// A larger student grown from a smaller dense model: wider MLPs, and more layers after its own. What is new
// adds nothing to the residual stream at first, so that the student begins as the function that the smaller
// model computes: new MLP channels and layers have random weights but zeros in down_proj and o_proj (Net2Net,
// Chen et al. 2016; layers as in LLaMA Pro, Wu et al. 2024). Those zeros get gradients in the first step, the
// rest from the second on.
#pragma once

#include <cstdint>
#include <string_view>

#include "retort/formats/checkpoint.h"
#include "retort/formats/model_config.h"
#include "retort/model/trainable.h"
#include "retort/train/recipe.h"

namespace retort::train {

/// The student that a recipe grows from `base`: intermediate_size and num_hidden_layers where given,
/// everything else `base`'s. Throws Error bad_input or unsupported, beginning with `where`, for sizes smaller
/// than the base's, a mixture, quantised weights.
ModelConfig grown_config(const StudentRecipe& student, const ModelConfig& base, std::string_view where);

/// The student's weights from the base's checkpoint; what is new depends on the seed. Refreshes.
void grow(Context& ctx, TrainableDecoder& student, const Checkpoint& base, const ModelConfig& base_config,
          uint64_t seed);

}  // namespace retort::train
