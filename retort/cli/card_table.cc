#include "retort/cli/card_table.h"

#include <fmt/core.h>

#include "retort/base/terminal.h"
#include "retort/cli/output.h"

namespace retort::cli {

void print_card(const report::RetentionCard& card) {
  print_heading(fmt::format("What {} retained of {} (measured, run {})", printable(card.output.name),
                            printable(card.source.name), card.run));
  for (const std::string& note : card.notes) fmt::print("  {}\n", printable(note));
  if (card.source.kv != card.output.kv)
    print_row("keys and values", fmt::format("{} and {}", card.source.kv, card.output.kv));
  if (card.source.sparsity > 0 || card.output.sparsity > 0)
    print_row("inputs of matrices skipped",
              fmt::format("{:g} and {:g}", card.source.sparsity, card.output.sparsity));
  print_table(report::size_rows(card));
  if (card.recipe && !card.recipe->fallbacks.empty())
    print_row("fallbacks", fmt::format("{} matrices could not take the format; the card lists them",
                                       card.recipe->fallbacks.size()));
  if (card.divergence) {
    print_heading("Predictions (+- standard error) on " + printable(card.texts));
    print_table(report::divergence_rows(*card.divergence));
  }
  for (const report::SuiteRetention& suite : card.suites) {
    print_heading(fmt::format("{} (runs {} and {})", suite.suite, suite.run_before, suite.run_after));
    print_table(report::score_rows(suite));
    print_row("tokens of an answer", report::length_text(suite.length));
  }
  if (const auto rows = report::hardware_rows_of(card); rows.size() > 1) {
    print_heading("Memory and speed (medians, quartiles)");
    print_table(rows);
  }
  if (const auto published = report::published_retention(card.output.size); !published.empty()) {
    print_heading("By others, of other models (not measured here)");
    for (const auto& p : published)
      fmt::print("  {}: {}: {} ({}{}{})\n", p.obtained, p.what, p.result, p.source,
                 p.date.empty() ? "" : ", ", p.date);
  }
  fmt::print("\nverdict: {}\n", report::verdict_text(card));
}

}  // namespace retort::cli
