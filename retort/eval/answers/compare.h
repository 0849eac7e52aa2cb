// Compares two parsed answers: relations, lists, sets, tuples, intervals and matrices by their structure, and
// single values by scalar.h.
#pragma once

#include "retort/eval/answers/limits.h"
#include "retort/eval/answers/node.h"
#include "retort/eval/answers/verdict.h"

namespace retort::eval {

Verdict compare(Effort& effort, const Node& gold, const Node& answer);

}  // namespace retort::eval
