// A comparison as people read it in a terminal: logic, code, hardware, differences, published figures,
// claims, and the answer.
#pragma once

#include "retort/eval/compare/comparison.h"

namespace retort::cli {

void print_comparison(const eval::Comparison& comparison);

}  // namespace retort::cli
