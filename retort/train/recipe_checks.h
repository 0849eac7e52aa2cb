// What must hold between the keys of a recipe.
#pragma once

#include <set>
#include <string>

#include "retort/train/recipe.h"

namespace retort::train {

/// The keys that a recipe's file states, "optimizer.learning_rate".
using GivenKeys = std::set<std::string>;

/// Fills in what follows from other keys (head_dim, what evaluation takes from the data). Throws Error
/// bad_input "<where>: student.head_dim: ...".
void check_recipe(Recipe& recipe, const GivenKeys& given, const std::string& where);

}  // namespace retort::train
