#include "retort/cli/figure_table.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "retort/base/terminal.h"
#include "retort/cli/output.h"

namespace retort::cli {
namespace {

using namespace retort::eval;

/// The ids that any column has, group after group, each group's in the order of figures.inc.
std::vector<std::string> rows_of(Section section, std::span<const FigureColumn> columns) {
  std::vector<std::string> groups;
  for (const FigureColumn& column : columns)
    for (const Figure* figure : column.figures)
      if (figure_row(figure->row_id()).section == section &&
          std::find(groups.begin(), groups.end(), figure->group()) == groups.end())
        groups.emplace_back(figure->group());
  std::vector<std::string> out;
  for (const std::string& group : groups)
    for (const FigureRow& row : figure_rows()) {
      const std::string id = (group.empty() ? "" : group + "/") + std::string(row.id);
      const auto has = [&](const FigureColumn& column) { return column.find(id) != nullptr; };
      if (row.section == section && std::any_of(columns.begin(), columns.end(), has)) out.push_back(id);
    }
  return out;
}

std::string label_of(const Figure& figure) {
  const std::string title(figure_row(figure.row_id()).title);
  return figure.group().empty() ? title : std::string(figure.group()) + ": " + title;
}

const Figure& first_of(std::span<const FigureColumn> columns, const std::string& id) {
  for (const FigureColumn& column : columns)
    if (const Figure* figure = column.find(id)) return *figure;
  return *columns.front().figures.front();  // not reached: rows come from the columns
}

/// Nothing to see in a table of several models: something bad that none of them has.
bool is_nil(std::span<const FigureColumn> columns, const std::string& id) {
  if (figure_row(first_of(columns, id).row_id()).higher_is_better) return false;
  return std::all_of(columns.begin(), columns.end(), [&](const FigureColumn& column) {
    const Figure* figure = column.find(id);
    return figure == nullptr || figure->estimate.items == 0 || figure->estimate.value == 0;
  });
}

}  // namespace

const Figure* FigureColumn::find(const std::string& id) const {
  for (const Figure* figure : figures)
    if (figure->id == id) return figure;
  return nullptr;
}

std::string cell_text(const Estimate& e) {
  if (e.items == 0) return "n/a";
  return fmt::format("{:.1f} ({:.1f}-{:.1f})", 100 * e.value, 100 * e.low, 100 * e.high);
}

void print_figures(Section section, std::span<const FigureColumn> columns) {
  const std::vector<std::string> ids = rows_of(section, columns);
  if (ids.empty()) return;
  std::vector<std::vector<std::string>> rows = {{"%, with 95 % interval"}};
  for (const FigureColumn& column : columns) rows[0].push_back(printable(column.head));
  if (columns.size() == 1) rows[0].emplace_back("of");
  size_t left_out = 0;
  for (const std::string& id : ids) {
    if (columns.size() > 1 && is_nil(columns, id)) {
      ++left_out;
      continue;
    }
    const Figure& first = first_of(columns, id);
    rows.push_back({label_of(first)});
    for (const FigureColumn& column : columns) {
      const Figure* figure = column.find(id);
      rows.back().push_back(figure == nullptr ? "" : cell_text(figure->estimate));
    }
    if (columns.size() == 1) rows.back().push_back(std::to_string(first.estimate.items));
  }
  print_table(rows);
  if (left_out > 0)
    fmt::print("  left out: {} rows of faults that no model has (0 or n/a for all)\n", left_out);
}

void print_breakdown(std::span<const BreakdownColumn> columns) {
  const Breakdown* any = nullptr;
  std::vector<std::string> points;
  for (const BreakdownColumn& column : columns) {
    if (column.breakdown == nullptr) continue;
    any = column.breakdown;
    for (const auto& point : any->points)
      if (std::find(points.begin(), points.end(), point.at) == points.end()) points.push_back(point.at);
  }
  if (any == nullptr) return;
  Figure named{.id = any->figure, .estimate = {}, .items = {}, .scores = {}, .clusters = {}};
  std::vector<std::vector<std::string>> rows = {{label_of(named) + ", by " + any->by}};
  for (const BreakdownColumn& column : columns) rows[0].push_back(printable(column.head));
  if (columns.size() == 1) rows[0].emplace_back("of");
  for (const std::string& at : points) {
    rows.push_back({at});
    std::string items;
    for (const BreakdownColumn& column : columns) {
      std::string cell;
      for (const auto& point :
           column.breakdown == nullptr ? std::vector<Breakdown::Point>{} : column.breakdown->points)
        if (point.at == at) {
          cell = cell_text(point.estimate);
          items = std::to_string(point.estimate.items);
        }
      rows.back().push_back(cell);
    }
    if (columns.size() == 1) rows.back().push_back(items);
  }
  fmt::print("\n");
  print_table(rows);
}

}  // namespace retort::cli
