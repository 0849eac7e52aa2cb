// Logic: the choice among its kinds.
#include "retort/problems/logic.h"

#include <array>

namespace retort::problems {

Problem draw_logic(Random& random, int level) {
  using Draw = Problem (*)(Random&, int);
  constexpr Draw kKinds[] = {draw_formula, draw_order, draw_rules};
  constexpr std::array<uint64_t, 3> kWeights = {35, 35, 30};
  return kKinds[draw_weighted(random, kWeights)](random, level);
}

}  // namespace retort::problems
