// card.md: the card for people.
#include <fmt/core.h>

#include "retort/report/retention_card.h"

namespace retort::report {
namespace {

using Rows = std::vector<std::vector<std::string>>;

/// In a table's cell: names come from files.
std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '|' || c == '<' || c == '`' || c == '[' || c == '*' || c == '_') out += '\\';
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
  return out;
}

std::string table_of(const Rows& rows) {
  std::string out;
  for (size_t i = 0; i < rows.size(); ++i) {
    out += "|";
    for (const std::string& cell : rows[i]) out += " " + escaped(cell) + " |";
    out += "\n";
    if (i > 0) continue;
    out += "|";
    for (size_t j = 0; j < rows[i].size(); ++j) out += j == 0 ? "---|" : "---:|";
    out += "\n";
  }
  return out;
}

std::string section(std::string_view title, std::string_view body) {
  return fmt::format("\n## {}\n\n{}", title, body);
}

std::string heading(const RetentionCard& card) {
  return fmt::format(
      "# What was retained: {} against {}\n\n"
      "Every figure in the tables below is *measured*, on {} ({} threads, {}) by {}, {}, unless its table "
      "says "
      "*published*. The card's own run is {}; scores name theirs.\n\n"
      "**Verdict on the answers: {}.**\n",
      escaped(card.output.name), escaped(card.source.name), escaped(card.machine), card.threads, card.isa,
      card.program, card.generated, card.run, verdict_text(card));
}

std::string models_section(const RetentionCard& card) {
  Rows rows = {{"", "source", "output"}};
  const CardSide &a = card.source, &b = card.output;
  rows.push_back({"name", a.name, b.name});
  rows.push_back({"container", a.container, b.container});
  rows.push_back({"architecture", a.architecture, b.architecture});
  rows.push_back({"weights' checksum (XXH3-128)", a.weights_checksum, b.weights_checksum});
  rows.push_back({"keys and values", a.kv, b.kv});
  if (a.sparsity > 0 || b.sparsity > 0)
    rows.push_back(
        {"inputs of matrices skipped", fmt::format("{:g}", a.sparsity), fmt::format("{:g}", b.sparsity)});
  rows.push_back(
      {"weights are", a.random_weights ? "random" : "trained", b.random_weights ? "random" : "trained"});
  return section("The models", table_of(rows));
}

std::string recipe_section(const RetentionCard& card) {
  if (!card.recipe) return "";
  const CardRecipe& recipe = *card.recipe;
  Rows rows = {{"", ""}};
  if (!recipe.command.empty()) rows.push_back({"command", recipe.command});
  if (!recipe.method.empty()) rows.push_back({"method", recipe.method});
  for (const auto& [name, value] : recipe.details) rows.push_back({name, value});
  std::string out = section("How it was made", table_of(rows));
  if (recipe.fallbacks.empty())
    return out + "\nEvery matrix has the format that was asked for: no fallbacks.\n";
  Rows fallbacks = {{"tensor", "asked for", "written as", "because"}};
  for (const CardFallback& f : recipe.fallbacks) fallbacks.push_back({f.tensor, f.wanted, f.got, f.reason});
  return out + section(fmt::format("Fallbacks: {}", recipe.fallbacks.size()), table_of(fallbacks));
}

std::string divergence_section(const RetentionCard& card) {
  if (!card.divergence) return "";
  Rows rows = {{"output against source", "mean +- standard error over texts"}};
  for (auto& row : divergence_rows(*card.divergence)) rows.push_back(std::move(row));
  return section(
      "Predictions on held-out text",
      fmt::format("Both models read {} through the forward that serves; log-probabilities of FP32 logits in "
                  "FP64 on both sides.\n\n{}",
                  escaped(card.texts), table_of(rows)));
}

std::string suite_section(const SuiteRetention& suite) {
  std::string out =
      section(fmt::format("Answers: {} (runs {} and {})", suite.suite, suite.run_before, suite.run_after),
              table_of(score_rows(suite)));
  out += fmt::format("\nTokens of an answer, thought included: {}.\n", length_text(suite.length));
  for (const std::string& note : suite.notes) out += fmt::format("\n{}\n", escaped(note));
  return out;
}

std::string published_section(const RetentionCard& card) {
  const auto published = published_retention(card.output.size);
  if (published.empty()) return "";
  Rows rows = {{"of", "result", "obtained", "source", "date"}};
  for (const PublishedRetention& p : published)
    rows.push_back({std::string(p.what), std::string(p.result), std::string(p.obtained),
                    fmt::format("{}{}{}", p.source, p.url.empty() ? "" : ", ", p.url), std::string(p.date)});
  return section("Published by others (not measured here, other models and problems)", table_of(rows));
}

std::string explanation() {
  return section(
      "How to read it",
      "- *Retained* is the output's score over the source's on the same items, with the 95 % interval of the "
      "delta "
      "method, the wider of items and clusters (wordings).\n"
      "- *Verdict*: \"not shown worse\" if the whole interval of the change lies above minus the margin; "
      "\"worse\" if it "
      "lies below 0 otherwise; else \"undecided\". *p* is McNemar's exact test on the flips, uncorrected.\n"
      "- Errors of means over tokens are clustered by text; that of the perplexities' ratio is over tokens' "
      "differences.\n"
      "- *Bits a weight* count scales, zero points and fallbacks.\n");
}

}  // namespace

std::string to_markdown(const RetentionCard& card) {
  std::string out = heading(card);
  for (const std::string& note : card.notes) out += fmt::format("\n{}\n", escaped(note));
  out += models_section(card);
  out += recipe_section(card);
  out += section("Size", table_of(size_rows(card)));
  out += divergence_section(card);
  for (const SuiteRetention& suite : card.suites) out += suite_section(suite);
  const Rows hardware = hardware_rows_of(card);
  if (hardware.size() > 1)
    out += section("Memory and speed, alone on the machine (medians, quartiles)", table_of(hardware));
  if (card.recipe)
    for (const CardTable& table : card.recipe->tables)
      out += section(escaped(table.title), table_of(table.rows));
  return out + published_section(card) + explanation();
}

}  // namespace retort::report
