#include "retort/eval/compare/model_result.h"

namespace retort::eval {
namespace {

constexpr HardwareRow kRows[] = {
#define X(id, title, unit, higher_is_better) {id, title, unit, higher_is_better},
#include "retort/eval/compare/hardware_figures.inc"
#undef X
};

}  // namespace

std::span<const HardwareRow> hardware_rows() {
  return kRows;
}

const Figure* ModelResult::figure(std::string_view id) const {
  for (const SuiteResult& suite : suites)
    for (const Figure& one : suite.scores.figures)
      if (one.id == id && one.estimate.items > 0) return &one;
  return nullptr;
}

const HardwareFigure* ModelResult::hardware_figure(std::string_view id) const {
  for (const HardwareFigure& one : hardware)
    if (one.id == id) return &one;
  return nullptr;
}

std::string ModelResult::run_of(std::string_view figure_id) const {
  for (const SuiteResult& suite : suites)
    for (const Figure& one : suite.scores.figures)
      if (one.id == figure_id) return suite.run.id;
  return "";
}

}  // namespace retort::eval
