// Drills: practice in looking up, for models that begin from nothing. A drill is no problem and has no split:
// it lists keys with their values, in the notation of the thoughts, and names them again in any order, so
// that most of it can be known by looking back and hardly anything by heart.
#pragma once

#include <string>

#include "retort/base/random.h"

namespace retort::problems {

/// "Fay = Oslo\nUna = Lima\nUna = Lima\nFay = Oslo\n...": 2 to 6 keys, named 6 to 14 times more.
std::string draw_drill(Random& random);

}  // namespace retort::problems
