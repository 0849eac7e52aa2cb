// Figures as people read them: a row of each figure, a column of each model, and no share without its
// interval.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "retort/eval/figure.h"

namespace retort::cli {

struct FigureColumn {
  std::string head;  // the model's name
  std::vector<const eval::Figure*> figures;

  const eval::Figure* find(const std::string& id) const;
};

/// "94.0 (91.2-96.0)", in percent; "n/a" of no items.
std::string cell_text(const eval::Estimate& estimate);

/// A section's rows, in the order of figures.inc within each group; with the number of items where there is
/// one column. Nothing if no column has a figure of the section.
void print_figures(eval::Section section, std::span<const FigureColumn> columns);

/// One table of breakdowns of the same figure by the same thing.
struct BreakdownColumn {
  std::string head;
  const eval::Breakdown* breakdown = nullptr;  // null: it has none
};
void print_breakdown(std::span<const BreakdownColumn> columns);

}  // namespace retort::cli
