// The three kinds of logic problems, one file each.
#pragma once

#include "retort/problems/draw.h"

namespace retort::problems {

/// logic_formula.cc: what is the value of a formula whose connectives are nested as deep as the level says?
Problem draw_formula(Random& random, int level);
/// logic_order.cc: who stands where among level + 2 people?
Problem draw_order(Random& random, int level);
/// logic_rules.cc: does it follow, by a chain of if-then rules?
Problem draw_rules(Random& random, int level);

}  // namespace retort::problems
