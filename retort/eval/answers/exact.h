// Exact values of expressions that are rational numbers.
#pragma once

#include <optional>

#include "retort/eval/answers/limits.h"
#include "retort/eval/answers/node.h"
#include "retort/eval/answers/rational.h"

namespace retort::eval {

/// The value of an expression of numbers, + - * /, integer powers, perfect roots, factorials, binomials,
/// percent, abs, floor, ceil, max and min. Nothing if it is no such number, undefined, or over kMaxExactBits.
std::optional<Rational> exact_value(Effort& effort, const Node& node);

}  // namespace retort::eval
