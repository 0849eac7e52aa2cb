// Claims between numbers: "16 - 3 - 4 = 9", "17 mod 5 = 2", "2382 < 6307", and of variables with known
// values.
#pragma once

#include "retort/eval/tasks/claims/found.h"

namespace retort::eval::claims {

void find_arithmetic(Reading& reading);

}  // namespace retort::eval::claims
