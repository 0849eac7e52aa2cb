// Efficiency: what a right program costs between our naive and our best solution, on a log scale, in CPU time
// measured here, interleaved with theirs.
//
//   E = clip(ln(c_naive / c) / ln(c_naive / c_best), 0, 1)   at the largest size; 0 if wrong or over the
//   limit
//
// Times are measured: two scorings give slightly different values. Of programs in other languages it is not
// measured, since there is no naive solution of theirs to compare with.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "retort/eval/code/scored_program.h"

namespace retort::eval {

/// Of candidate, best, good, naive.
inline constexpr size_t kCostPrograms = 4;

struct Efficiency {
  double score = 0;
  std::string_view nearest;  // "best", "good", "naive": whose growth it has; empty if wrong
  std::array<double, kCostPrograms> seconds{};  // at the largest size: candidate, best, good, naive
  std::array<double, kCostPrograms> slopes{};   // of ln(cost) over ln(size)
  std::string note;                             // one line, where the score is 0 for a reason
};

/// Whether it is measured for the task.
bool measures_efficiency(const CodeTask& task);

/// The clipped ratio of logarithms; costs are above 0 and naive's above best's.
double efficiency(double cost, double best, double naive);

/// Of a program that is solved. `seed` makes the inputs. Throws Error bad_input where the references fail, or
/// are so near to each other that nothing can be told.
Efficiency measure_efficiency(const ScoredProgram& program, uint64_t seed);

}  // namespace retort::eval
