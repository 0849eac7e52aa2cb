// Values of expressions to any precision, at points that depend on the names of the variables only.
#pragma once

#include <cstdint>

#include "retort/eval/answers/complex.h"
#include "retort/eval/answers/limits.h"
#include "retort/eval/answers/node.h"
#include "retort/eval/answers/sample.h"

namespace retort::eval {

struct NumericPoint {
  uint64_t index = 0;      // even: all variables are positive; odd: of either sign. Sizes are 1/4 to 3.
  int bits = 192;          // precision
  bool real_only = false;  // the square root of -1 and the logarithm of -1 are undefined
};

Sample<Complex> numeric_value(Effort& effort, const Node& node, const NumericPoint& point);

}  // namespace retort::eval
