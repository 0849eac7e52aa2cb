// Claims about truth values: "x = F", "not x = F or y = T: T", "(p & !q) -> F: T".
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "retort/eval/tasks/claims/found.h"

namespace retort::eval::claims {

/// The values of variables, by name.
using Truths = std::map<std::string, bool, std::less<>>;

/// A formula with its value holds if its connectives give that value and what it says of variables is so:
/// by `known`, and where that says nothing, by what the thought said before. A first "x = T" is a definition.
void find_boolean(Reading& reading, const Truths& known);

/// Adds what a claim in the same notation says of its variables: of "p = T and not q = F: T" that p is
/// true and q is not.
void add_truths(std::string_view claim, Truths& known);

}  // namespace retort::eval::claims
