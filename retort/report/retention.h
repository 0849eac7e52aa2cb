// What of a model's scores is left after it was compressed: the same questions asked of both, paired.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "retort/eval/statistics/comparison.h"
#include "retort/eval/suite_run.h"

namespace retort::report {

/// R = mean(after) / mean(before), both of the same items in the same order, with its 95 % interval by the
/// delta method: that of the mean of after_i - R before_i, divided by mean(before); Student's over items or,
/// where it is wider, over clusters. Without any spread Wilson's for none in n, to both sides. Absent if
/// nothing was right before.
std::optional<eval::Estimate> retained_share(std::span<const double> before, std::span<const double> after,
                                             std::span<const int> clusters);

/// One figure of a suite before and after.
struct FigureRetention {
  std::string id;  // "arithmetic/correct"
  eval::Estimate before, after;
  bool compared = false;          // the rest is of figures that are compared
  eval::PairedDifference change;  // after - before; only_a: wrong before, right after
  eval::NonInferiority verdict;
  std::optional<eval::Estimate> retained;
  std::vector<std::string> lost, gained;  // items: right to wrong, wrong to right
};

/// Tokens of an answer, thought included: means over items, and of the items' own changes.
struct LengthRetention {
  eval::Estimate before, after, change;
};

struct SuiteRetention {
  std::string suite, run_before, run_after;
  std::vector<FigureRetention> figures;
  LengthRetention length;
  std::vector<std::string> notes;

  /// The first figure that is compared; null if there is none.
  const FigureRetention* headline() const;
};

/// Of two runs of one suite. `margin`: 0.02 = a loss of two points is none.
SuiteRetention retention_of(const eval::SuiteResult& before, const eval::SuiteResult& after, double margin);

/// The worst of the headlines' verdicts; absent: nothing was asked.
std::optional<eval::VerdictOnLoss> overall_verdict(std::span<const SuiteRetention> suites);

Json to_json(const SuiteRetention& suite);

}  // namespace retort::report
