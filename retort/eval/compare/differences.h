// Every pair of models on the items that both were asked.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "retort/eval/compare/model_result.h"
#include "retort/eval/statistics/comparison.h"

namespace retort::eval {

struct Difference {
  std::string figure;
  std::string a, b;  // names of models
  PairedDifference paired;
  double p_holm = 1;       // p as it counts when all pairs of all figures are looked at together
  NonInferiority verdict;  // is a not worse than b?
};

/// The figures that are compared: those of a suite as a whole where higher is better, and each group's share
/// solved.
bool is_compared(const Figure& figure);

/// Both directions of each pair of models that have a figure in common. `margin`: 0.02 = two points.
std::vector<Difference> all_differences(std::span<const ModelResult> models, double margin);

/// Absent: none such.
const Difference* find_difference(std::span<const Difference> all, std::string_view figure,
                                  std::string_view a, std::string_view b);

/// On the items of both, in the order of a's.
PairedDifference paired_on_common_items(const Figure& a, const Figure& b);

}  // namespace retort::eval
