#include "retort/cli/eval_tables.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "retort/base/json.h"
#include "retort/base/progress_bar.h"
#include "retort/base/terminal.h"
#include "retort/cli/output.h"

namespace retort::cli {
namespace {

using namespace retort::eval;

int64_t cut_off(const CellScore& c) {
  int64_t n = 0;
  for (const auto& [status, count] : c.statuses)
    if (status != SampleStatus::ok && status != SampleStatus::no_answer) n += count;
  return n;
}

std::vector<std::string> row_of(const CellScore& c) {
  return {std::string(problems::name(c.family)),
          c.level == 0 ? "all" : std::to_string(c.level),
          percent_text(c.correct),
          std::to_string(c.correct.items),
          percent_text(c.completeness),
          percent_text(c.unsupported),
          fmt::format("{} of {}", cut_off(c), c.samples),
          fmt::format("{:.0f} + {:.0f}", c.thought_tokens, c.answer_tokens)};
}

std::vector<std::string> points_row(const std::vector<DialogueScore::Point>& points, size_t i) {
  return {std::to_string(points[i].at), percent_text(points[i].correct),
          std::to_string(points[i].correct.items)};
}

void print_dialogue(const DialogueScore& d) {
  print_heading("Dialogue, turn by turn (the model's own answers before)");
  std::vector<std::vector<std::string>> rows = {{"turn", "correct", "of"}};
  for (size_t i = 0; i < d.by_turn.size(); ++i) rows.push_back(points_row(d.by_turn, i));
  print_table(rows);
  rows = {{"questions", "all right so far", "of dialogues with so many"}};
  for (size_t i = 0; i < d.survival.size(); ++i)
    rows.push_back({std::to_string(i + 1), percent_text(d.survival[i]), std::to_string(d.survival[i].items)});
  fmt::print("\n");
  print_table(rows);
  rows = {{"turns since the fact changed", "correct", "of"}};
  for (size_t i = 0; i < d.by_distance.size(); ++i) rows.push_back(points_row(d.by_distance, i));
  fmt::print("\n");
  print_table(rows);
  fmt::print("\n");
  print_row("outdated values",
            fmt::format("{} of {} turns whose value had changed", percent_text(d.stale), d.stale.items));
  print_row("false premises",
            fmt::format("{} of {} accepted", percent_text(d.accepted_premises), d.accepted_premises.items));
  print_row("contradictions", fmt::format("{} of {} repeated questions", percent_text(d.contradictions),
                                          d.contradictions.items));
}

}  // namespace

void print_scores(const GeneratedScores& s) {
  std::vector<std::vector<std::string>> rows = {{"family", "level", "correct, 95 % interval", "of",
                                                 "steps asserted", "right without support", "cut off",
                                                 "tokens, thought + answer"}};
  for (const CellScore& cell : s.cells) rows.push_back(row_of(cell));
  for (const CellScore& family : s.families) rows.push_back(row_of(family));
  print_table(rows);
  if (!s.dialogue.by_turn.empty()) print_dialogue(s.dialogue);
  if (s.missing > 0)
    fmt::print("\n{} items are not answered yet: the same command goes on with them.\n", s.missing);
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
