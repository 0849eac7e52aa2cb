// The stream of problems that a recipe's data describe. What stands at a place depends on the seed and the
// place alone.
#pragma once

#include <cstdint>
#include <vector>

#include "retort/problems/generate.h"
#include "retort/train/recipe.h"

namespace retort::train {

/// A turn of a problem, and how much of its thought is shown.
struct Lesson {
  problems::Problem problem;
  size_t turn = 0;
  problems::TraceStyle style = problems::TraceStyle::brief;
};

class ProblemStream {
 public:
  /// `levels` may be those of a stage. Families and styles have been checked by the recipe's parser.
  ProblemStream(const DataRecipe& data, std::vector<int64_t> levels, uint64_t seed);

  /// May be called from many threads at once.
  Lesson at(uint64_t place) const;

 private:
  std::vector<problems::Family> families_;
  std::vector<double> share_until_;  // cumulated shares; the last is 1
  std::vector<problems::TraceStyle> styles_;
  std::vector<int64_t> levels_;
  uint64_t seed_;
};

}  // namespace retort::train
