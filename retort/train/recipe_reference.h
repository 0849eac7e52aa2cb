// The documentation of recipes, made from the table of keys: for `retort distill --explain` and for
// docs/recipes.md.
#pragma once

#include <string>
#include <string_view>

namespace retort::train {

/// All sections with their keys; or, of `key`, one section ("optimizer") or one key
/// ("optimizer.learning_rate", "learning_rate"). Throws Error bad_input with the nearest name if there is
/// none.
std::string explain(std::string_view key = "");

/// The tables of docs/recipes.md, in Markdown.
std::string markdown_reference();

}  // namespace retort::train
