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
  const size_t bar = id.find('|');
  for (const SuiteResult& suite : suites)
    for (const Figure& one : suite.scores.figures)
      if (one.id == id.substr(0, bar) && one.estimate.items > 0) return &one;
  return bar == id.npos ? nullptr : figure(id.substr(bar + 1));
}

const HardwareFigure* ModelResult::hardware_figure(std::string_view id) const {
  for (const HardwareFigure& one : hardware)
    if (one.id == id) return &one;
  return nullptr;
}

std::string ModelResult::run_of(const Figure& figure) const {
  for (const SuiteResult& suite : suites)
    for (const Figure& one : suite.scores.figures)
      if (&one == &figure) return suite.run.id;
  return "";
}

}  // namespace retort::eval
