// Whether two expressions are the same function of their variables, found by evaluating both.
#pragma once

#include "retort/eval/answers/limits.h"
#include "retort/eval/answers/node.h"
#include "retort/eval/answers/verdict.h"

namespace retort::eval {

/// Rational functions modulo two primes at 8 points each; everything else to several precisions at up to 24
/// points, 5 of which must have values of both. Expressions without variables have one point.
Verdict identical(Effort& effort, const Node& a, const Node& b);

/// Whether a = c * b with a constant c that is not 0.
Verdict proportional(Effort& effort, const Node& a, const Node& b);

/// The sign of a * b at the first point where it has a real value that is not 0; 0 if there is none.
int sign_of_product(Effort& effort, const Node& a, const Node& b);

}  // namespace retort::eval
