#include "retort/cli/eval_tables.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "retort/base/json.h"
#include "retort/base/progress_bar.h"
#include "retort/base/terminal.h"
#include "retort/cli/figure_table.h"
#include "retort/cli/output.h"

namespace retort::cli {
namespace {

using namespace retort::eval;

/// "780 ended by themselves, 20 cut off while thinking"
std::string statuses_text(const RunSummary& summary) {
  std::string out;
  for (const auto& [status, n] : summary.statuses)
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", n, text(status));
  return out;
}

}  // namespace

void print_scores(const SuiteResult& result) {
  FigureColumn column{.head = "", .figures = {}};
  for (const Figure& figure : result.scores.figures) column.figures.push_back(&figure);
  for (Section section : {Section::logic, Section::code}) print_figures(section, {{column}});
  for (const Breakdown& breakdown : result.scores.breakdowns) print_breakdown({{{"", &breakdown}}});
  fmt::print("\n");
  print_row("answers", fmt::format("{}: {}", with_commas(static_cast<uint64_t>(result.summary.answers)),
                                   statuses_text(result.summary)));
  print_row("tokens", fmt::format("{:.0f} of thought and {:.0f} of answer, on average",
                                  result.summary.thought_tokens, result.summary.answer_tokens));
  for (const std::string& note : result.scores.notes) print_row("note", printable(note));
  if (result.scores.missing > 0)
    fmt::print("\n{} items are not answered yet: the same command goes on with them.\n",
               result.scores.missing);
}

void print_run_metrics(const RunMetrics& m) {
  if (m.answers == 0) return;
  print_heading("This call (measured)");
  print_row("time",
            fmt::format("{} for {} answers, {:.0f} a minute; {:.0f} % of it within the model",
                        format_seconds(m.seconds), with_commas(static_cast<uint64_t>(m.answers)),
                        60 * static_cast<double>(m.answers) / m.seconds, 100 * m.model_seconds / m.seconds));
  print_row("generated", fmt::format("{} tokens, {:.0f} a second in all",
                                     with_commas(static_cast<uint64_t>(m.generated_tokens)),
                                     static_cast<double>(m.generated_tokens) / m.seconds));
  print_row("prompts", fmt::format("{} tokens, of which {} were computed",
                                   with_commas(static_cast<uint64_t>(m.prompt_tokens)),
                                   with_commas(static_cast<uint64_t>(m.computed_prompt_tokens))));
}

void print_runs(const std::vector<RunRecord>& runs) {
  std::vector<std::vector<std::string>> rows = {{"run", "model", "suite", "answers", "begun", "ended"}};
  for (const RunRecord& run : runs) {
    const Json about = parse_json(run.about, "journal"), key = parse_json(run.key, "journal");
    rows.push_back({run.id, printable(about.value("model", "")), printable(key.value("suite", "")),
                    with_commas(static_cast<uint64_t>(run.samples)), run.started,
                    run.ended.empty() ? "not yet" : run.ended});
  }
  print_table(rows);
}

void print_sample(const Sample& s) {
  const Terminal terminal = Terminal::of(stdout);
  print_heading(fmt::format("{}, sample {}, turn {}: {}", printable(s.key.item), s.key.sample + 1,
                            s.key.turn + 1, text(s.status)));
  fmt::print("{}\n{}\n{}\n", printable(s.prompt), terminal.styled(Style::faint, printable(s.reasoning)),
             terminal.styled(Style::cyan, printable(s.content)));
  if (!s.detail.empty()) fmt::print("{}\n", printable(s.detail));
}

}  // namespace retort::cli
