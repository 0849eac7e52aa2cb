#include "retort/cli/compare_tables.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "retort/base/progress_bar.h"
#include "retort/base/terminal.h"
#include "retort/cli/figure_table.h"
#include "retort/cli/output.h"

namespace retort::cli {
namespace {

using namespace retort::eval;

using Rows = std::vector<std::vector<std::string>>;

std::vector<FigureColumn> columns_of(const Comparison& c) {
  std::vector<FigureColumn> out;
  for (const ModelResult& model : c.models) {
    out.push_back({.head = model.name, .figures = {}});
    for (const SuiteResult& suite : model.suites)
      for (const Figure& figure : suite.scores.figures) out.back().figures.push_back(&figure);
  }
  return out;
}

/// Each thing that figures are broken down by, for all models.
void print_breakdowns(const Comparison& c) {
  std::vector<std::pair<std::string, std::string>> kinds;
  for (const ModelResult& model : c.models)
    for (const SuiteResult& suite : model.suites)
      for (const Breakdown& b : suite.scores.breakdowns)
        if (std::find(kinds.begin(), kinds.end(), std::pair(b.figure, b.by)) == kinds.end())
          kinds.emplace_back(b.figure, b.by);
  for (const auto& [figure, by] : kinds) {
    std::vector<BreakdownColumn> columns;
    for (const ModelResult& model : c.models) {
      columns.push_back({model.name, nullptr});
      for (const SuiteResult& suite : model.suites)
        for (const Breakdown& b : suite.scores.breakdowns)
          if (b.figure == figure && b.by == by) columns.back().breakdown = &b;
    }
    print_breakdown(columns);
  }
}

void print_hardware(const Comparison& c) {
  Rows rows = {{"median (quartiles where repeated)"}};
  for (const ModelResult& model : c.models) rows[0].push_back(printable(model.name));
  for (const HardwareRow& row : hardware_rows()) {
    std::vector<std::string> line = {std::string(row.title)};
    bool any = false;
    for (const ModelResult& model : c.models) {
      const HardwareFigure* figure = model.hardware_figure(row.id);
      any = any || figure != nullptr;
      line.push_back(figure == nullptr ? "" : hardware_text(row.id, figure->value));
    }
    if (any) rows.push_back(std::move(line));
  }
  print_heading("Hardware (measured)");
  print_table(rows);
}

void print_differences(const Comparison& c) {
  std::map<std::string, const ModelResult*> best;  // by figure
  for (const ModelResult& model : c.models)
    for (const SuiteResult& suite : model.suites)
      for (const Figure& figure : suite.scores.figures) {
        if (!is_compared(figure)) continue;
        const ModelResult*& at = best[figure.id];
        if (at == nullptr || figure.estimate.value > at->figure(figure.id)->estimate.value) at = &model;
      }
  Rows rows = {{"figure", "model", "against the best", "verdict", "p (Holm)"}};
  for (const auto& [id, model] : best)
    for (const ModelResult& other : c.models) {
      const Difference* d = find_difference(c.differences, id, other.name, model->name);
      if (d != nullptr)
        rows.push_back({id, printable(other.name), printable(model->name), to_text(d->verdict, d->paired),
                        fmt::format("{:.2g}", d->p_holm)});
    }
  if (rows.size() == 1) return;
  print_heading(fmt::format("Against the best of each figure, on the same items (margin {:.0f} points)",
                            100 * c.margin));
  print_table(rows);
}

/// A row a model, a column a benchmark; both sources in one cell, named by the head.
void print_published(const Comparison& c) {
  std::vector<std::string> models, benchmarks, sources;
  const auto note = [](std::vector<std::string>& all, const std::string& one) {
    if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
  };
  std::map<std::tuple<std::string, std::string, std::string>, double> values;
  for (const PublishedFigure& p : c.published) {
    note(models, p.model);
    note(benchmarks, p.benchmark);
    note(sources, fmt::format("{} ({}), {}", p.source, p.date, p.url));
    values[{p.model, p.benchmark, sources.front().rfind(p.source, 0) == 0 ? "1" : "2"}] = p.value;
  }
  Rows rows = {{"[1] / [2]"}};
  rows[0].insert(rows[0].end(), benchmarks.begin(), benchmarks.end());
  for (const std::string& model : models) {
    rows.push_back({model});
    for (const std::string& benchmark : benchmarks) {
      std::string cell;
      for (const char* source : {"1", "2"})
        if (const auto at = values.find({model, benchmark, source}); at != values.end())
          cell += fmt::format("{}{:g}", cell.empty() ? "" : " / ", at->second);
      rows.back().push_back(cell);
    }
  }
  print_heading("Published by others (not measured here)");
  print_table(rows);
  for (size_t i = 0; i < sources.size(); ++i) fmt::print("  [{}] {}\n", i + 1, sources[i]);
}

void print_claims(const Comparison& c) {
  print_heading("An article's claims of logic and code, looked at");
  Rows rows = {{"claim", "claimed", "published", "measured here in its place", "verdict"}};
  for (const AuditedClaim& a : c.claims)
    rows.push_back({a.id + " " + a.claim, a.claimed, a.published, printable(a.measured), a.verdict});
  print_table(rows);
}

void print_budgets(const Comparison& c) {
  std::vector<int64_t> budgets;
  for (const ModelResult& model : c.models)
    for (const BudgetPoint& point : model.budgets)
      if (std::find(budgets.begin(), budgets.end(), point.budget) == budgets.end())
        budgets.push_back(point.budget);
  if (budgets.empty()) return;
  std::sort(budgets.begin(), budgets.end());
  Rows rows = {{"solved within a thought of, tokens"}};
  for (const ModelResult& model : c.models) rows[0].push_back(printable(model.name));
  for (int64_t budget : budgets) {
    rows.push_back({std::to_string(budget)});
    for (const ModelResult& model : c.models) {
      std::string cell;
      for (const BudgetPoint& point : model.budgets)
        if (point.budget == budget) cell = cell_text(point.correct);
      rows.back().push_back(cell);
    }
  }
  fmt::print("\n");
  print_table(rows);
}

void print_answer(const Comparison& c) {
  print_heading("Which to deploy");
  for (const Recommendation& r : c.recommendations) {
    std::string runs;
    for (const std::string& run : r.runs) runs += (runs.empty() ? "" : ", ") + run;
    fmt::print("  {}: {}\n", r.scenario, r.model.empty() ? "none of these" : printable(r.model));
    fmt::print("      {} (run{} {})\n", printable(r.sentence), r.runs.size() > 1 ? "s" : "", runs);
    if (!r.runner_up.empty())
      fmt::print("      next: {}, {}\n", printable(r.runner_up), printable(r.why_not));
  }
}

void print_notes(const Comparison& c) {
  for (const ModelResult& model : c.models)
    for (const SuiteResult& suite : model.suites) {
      for (const std::string& note : suite.scores.notes)
        fmt::print("  {}, {}: {}\n", printable(model.name), suite.suite, printable(note));
      if (suite.scores.missing > 0)
        fmt::print("  {}, {}: {} items are not answered\n", printable(model.name), suite.suite,
                   suite.scores.missing);
    }
}

bool has_section(std::span<const FigureColumn> columns, Section section) {
  for (const FigureColumn& column : columns)
    for (const Figure* figure : column.figures)
      if (figure_row(figure->row_id()).section == section) return true;
  return false;
}

}  // namespace

void print_comparison(const Comparison& c) {
  const std::vector<FigureColumn> columns = columns_of(c);
  print_heading("Logic (measured)");
  print_figures(Section::logic, columns);
  print_budgets(c);
  if (has_section(columns, Section::code)) {
    print_heading("Code (measured)");
    print_figures(Section::code, columns);
  }
  print_heading("By level, turn and kind (measured)");
  print_breakdowns(c);
  print_notes(c);
  print_hardware(c);
  print_differences(c);
  print_published(c);
  print_claims(c);
  print_answer(c);
}

}  // namespace retort::cli
