// Compares two single values: numbers as exactly as they are given, everything else as expressions.
#pragma once

#include "retort/eval/answers/limits.h"
#include "retort/eval/answers/node.h"
#include "retort/eval/answers/verdict.h"

namespace retort::eval {

/// Whether `answer` is the value `gold`. The two play different parts: only the gold answer may say how
/// precise it is.
Verdict compare_scalars(Effort& effort, const Node& gold, const Node& answer);

}  // namespace retort::eval
