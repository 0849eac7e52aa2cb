// A smaller student cut from a larger dense model: the most important layers, hidden channels, MLP channels
// and heads are kept in their order, every matrix is cut to them (Minitron, Muralidharan et al. 2024).
//
// A norm divides by the root mean square over its channels, which changes when channels go. With d of D
// channels kept, that have the share f of the squares, the student's norm weights are multiplied by
// sqrt(D f / d), so that what is kept is as large as before: exactly where the channels that went were zero.
// (Our own; Minitron leaves the weights as they are.)
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "retort/formats/checkpoint.h"
#include "retort/formats/model_config.h"
#include "retort/model/trainable.h"
#include "retort/train/importance.h"
#include "retort/train/recipe.h"

namespace retort::train {

/// The student that a recipe cuts from `base`: the sizes that are given, `base`'s where they are 0,
/// everything else `base`'s. A llama may become a qwen2, whose biases start at zero. Throws Error bad_input
/// or unsupported, beginning with `where`, for what cannot be cut: sizes larger than the base's, another
/// head_dim, groups that do not fit, a mixture.
ModelConfig pruned_config(const StudentRecipe& student, const ModelConfig& base, std::string_view where);

/// What is kept, as ascending indices into the base.
struct PruningPlan {
  std::vector<int64_t> layers;
  std::vector<int64_t> hidden;
  /// Of each kept layer:
  std::vector<std::vector<int64_t>> intermediate;
  std::vector<std::vector<int64_t>> key_value_heads;
  std::vector<std::vector<int64_t>> heads;  // as many in each kept key-value group
  /// Of each kept norm, in the order of the forward pass: the share of the squares that is kept.
  std::vector<double> energy;
};
/// Ties go to the earlier one.
PruningPlan plan_pruning(const ModelConfig& student, const ModelConfig& base, const Importance& importance);

/// The student's weights from the base's checkpoint. Where nothing is cut they are the base's bits.
/// Refreshes.
void prune(Context& ctx, TrainableDecoder& student, const Checkpoint& base, const ModelConfig& base_config,
           const PruningPlan& plan);

}  // namespace retort::train
