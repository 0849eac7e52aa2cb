// Tasks made of generated problems (retort/problems): the held-out ones, and the same for every model.
#pragma once

#include <cstdint>
#include <vector>

#include "retort/base/json.h"
#include "retort/eval/item.h"
#include "retort/problems/problem.h"

namespace retort::eval {

struct GeneratedTasks {
  std::vector<problems::Family> families;
  std::vector<int64_t> levels;
  int64_t problems = 100;  // of each family and level, all different; fewer where there are no more
  uint64_t seed = 1;       // other problems
};

std::vector<problems::Problem> problems_of(const GeneratedTasks& tasks);

/// For the run's key: what was chosen, and a checksum of the problems themselves.
Json key_of(const GeneratedTasks& tasks, const std::vector<problems::Problem>& problems);

/// The problem's id, its template, and what the user says.
Item item_of(const problems::Problem& problem);

}  // namespace retort::eval
