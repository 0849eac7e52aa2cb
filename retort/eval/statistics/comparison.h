// Two models on the same items: the difference of their means, which items changed sides, and what may be
// said.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "retort/eval/statistics/estimate.h"

namespace retort::eval {

struct PairedDifference {
  Estimate difference;             // mean of a - b, in [-1, 1]
  double standard_deviation = 0;   // of the items' differences
  int64_t only_a = 0, only_b = 0;  // items that only one of them got whole (score 1 against less)
  double p = 1;                    // two-sided, by McNemar's exact test on those
};

/// Scores in [0, 1] of the same items in the same order. The interval is Student's over items, or over
/// clusters' sums when `clusters` has more than one (the cluster-robust variance, t with C - 1 degrees of
/// freedom), the wider of the two; without any spread, Wilson's for none in n to both sides.
PairedDifference paired_difference(std::span<const double> a, std::span<const double> b,
                                   std::span<const int> clusters = {});

/// McNemar's exact two-sided p: twice the smaller binomial tail of the discordant pairs, at most 1.
double mcnemar(int64_t only_a, int64_t only_b);

/// Holm's step-down (Scand. J. Statist. 6, 1979): p values as they count when all of them are looked at
/// together.
std::vector<double> holm(std::span<const double> p);

enum class VerdictOnLoss : uint8_t {
  not_worse,  // the whole interval of the difference is above -margin
  worse,      // else, and the whole interval is below 0
  undecided,  // neither: too few items to say
};
std::string_view name(VerdictOnLoss verdict);

struct NonInferiority {
  VerdictOnLoss verdict = VerdictOnLoss::undecided;
  double margin = 0;
  /// Of undecided: items with which a true difference of 0 would be shown not worse with probability 0.8,
  /// n = ((t + z) s / margin)^2, at this standard deviation. 0 where it is not known (no differences seen).
  int64_t needed_items = 0;
};

/// Is the first shown not to be worse than the second by more than `margin` (0.02 = two points)?
NonInferiority non_inferiority(const PairedDifference& difference, double margin);
/// "not shown worse: -0.4 points (-1.7 to +0.9), margin 2"
std::string to_text(const NonInferiority& verdict, const PairedDifference& difference);

}  // namespace retort::eval
