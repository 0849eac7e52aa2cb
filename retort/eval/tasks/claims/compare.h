// Whether what a claim says of two values is so.
#pragma once

#include <optional>

#include "retort/eval/tasks/claims/value.h"

namespace retort::eval::claims {

/// Whether "a = b" is a calculation. `first`: nothing was calculated before it, as in 2 + 3 = 5 = 5.
bool comparable(const Value& a, const Value& b, bool first);

/// By the relation's sign (tokens.h). Nothing where it cannot be said: "about" is only ever true.
std::optional<bool> holds(const Value& a, char sign, const Value& b, const std::optional<Rational>& modulus);

}  // namespace retort::eval::claims
