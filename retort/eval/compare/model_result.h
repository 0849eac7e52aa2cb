// ModelResult: all that was measured of one model, ready to stand beside others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "retort/eval/suite_run.h"

namespace retort::eval {

/// A row of hardware_figures.inc: what is said of a figure of speed, size or cost, once.
struct HardwareRow {
  std::string_view id, title, unit;
  bool higher_is_better;
};
std::span<const HardwareRow> hardware_rows();

struct HardwareFigure {
  std::string id;  // of hardware_figures.inc
  double value = 0;
  std::optional<double> low, high;  // quartiles, where it was measured several times
  std::string run;                  // that measured it
  std::string note;                 // "median of 5"
};

/// Solved within a budget of thought.
struct BudgetPoint {
  int64_t budget = 0;
  std::string run;
  Estimate correct;
};

struct ModelResult {
  std::string name;
  bool hosted = false;  // behind an API: no size, no memory
  int64_t parameters = 0, active_parameters = 0, weights_bytes = 0;
  std::string format;  // "BF16"
  std::vector<SuiteResult> suites;
  std::vector<HardwareFigure> hardware;
  std::vector<BudgetPoint> budgets;

  /// `id`: one, or several divided by bars, the first that was measured. Absent: none was.
  const Figure* figure(std::string_view id) const;
  const HardwareFigure* hardware_figure(std::string_view id) const;
  /// The run that measured one of this model's figures.
  std::string run_of(const Figure& figure) const;
};

}  // namespace retort::eval
