// What a family holds: how many different problems there are, and how far a solver gets that always says the
// same.
#pragma once

#include <cstdint>
#include <string>

#include "retort/problems/generate.h"

namespace retort::problems {

struct Survey {
  uint64_t draws = 0;
  uint64_t distinct = 0;   // canonical problems among the draws
  bool exhausted = false;  // most of the last tenth of the draws were repeats: nearly all were seen
  uint64_t asked = 0;      // turns that ask
  std::string best_guess;  // the answer that most of them have
  double best_guess_share = 0;
  double short_bytes = 0;  // mean length of the gold thoughts
  double long_bytes = 0;
};

/// Draws problems 0 .. draws - 1.
Survey survey(const Selection& selection, uint64_t draws);

}  // namespace retort::problems
