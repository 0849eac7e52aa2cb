// The keys of a recipe: one row each, bound to the recipe that it reads and writes.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "retort/train/recipe.h"

namespace retort::train {

/// Where a key's value lives. What it points to holds the default until something is read.
using KeyValue =
    std::variant<std::string*, int64_t*, double*, bool*, std::optional<int64_t>*, std::optional<double>*,
                 std::vector<int64_t>*, std::vector<std::string>*, Shares*>;

/// Inclusive; of numbers, or of each number in a list.
struct KeyRange {
  double least = 0, most = 0;
};

struct RecipeKey {
  std::string_view name;
  KeyValue value;
  std::string_view doc;
  KeyRange range{};
  std::vector<std::string> choices{};  // of texts and names; empty: any
  bool required = false;
};

struct RecipeSection {
  std::string_view name;  // "" is the recipe itself
  std::string_view doc;
  std::vector<RecipeKey> keys;
  bool is_list = false;  // a list of objects with these keys
};

/// The rows of all sections, in the order of the documentation. Those of `stages` are bound to `stage`.
std::vector<RecipeSection> recipe_sections(Recipe& recipe, StageRecipe& stage);
std::vector<RecipeKey> stage_keys(StageRecipe& stage);

/// "integer", "number", "text", "list of texts", ...
std::string_view type_name(const KeyValue& value);

/// The value as JSON; null where an optional is absent.
Json to_json(const KeyValue& value);

/// False for an absent optional, an empty text or list, and a number outside its own range: the ways in which
/// a key without a default says that it has none.
bool has_value(const RecipeKey& key);

}  // namespace retort::train
