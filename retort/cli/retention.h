// What `diff`, `quantize` and `prune` share: two models measured against each other, and the card of it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "retort/cli/evaluation.h"
#include "retort/cli/interrupts.h"
#include "retort/cli/options.h"
#include "retort/cli/session.h"
#include "retort/report/retention_card.h"

namespace retort::cli {

struct RetentionOptions {
  std::vector<std::string> suites{"logic"};
  std::optional<int64_t> problems;  // of each family and level; 0: none are asked. Absent: as many as a model
                                    // of its size answers in a minute or so, see default_problems
  AskPlan ask;
  std::optional<std::string> text;  // a file to compare predictions on
  std::optional<int64_t> tokens;    // of it, or of generated problems
  double margin_points = 2;
  bool no_speed = false;
};

/// Asks, times and compares. Each model is alone in memory while it is asked and timed; then both read the
/// same texts. Source and output may be the same path. Progress on stderr; Ctrl-C throws Error cancelled.
report::RetentionCard measure_retention(const SessionOptions& source, const SessionOptions& output,
                                        const RetentionOptions& options, Interrupts& interrupts);

struct CardPaths {
  std::filesystem::path json, markdown;
};
/// FOLDER/card.json and card.md.
CardPaths card_in_folder(const std::filesystem::path& folder);
/// Beside a file OUT.gguf OUT.card.json and OUT.card.md; in a folder as card_in_folder.
CardPaths card_beside(const std::filesystem::path& output);
/// Both, each under its name only when it is whole.
void write_card(const report::RetentionCard& card, const CardPaths& paths);

/// The options of verbs that write a model.
struct CardOptions {
  bool no_card = false;
  std::optional<int64_t> problems;
  std::optional<std::string> journal;
};
/// --no-card, --card-problems, --card-journal.
void declare_card_options(Options& options, CardOptions& card);

/// Measures the output, read again from the disk, against what it was made of; writes the card beside it and
/// prints it as a compact table unless `json`. Absent with --no-card. `like`: threads and so on of the
/// sessions.
std::optional<report::RetentionCard> card_of_output(const CardOptions& options, const SessionOptions& like,
                                                    const std::string& source,
                                                    const std::filesystem::path& output,
                                                    report::CardRecipe recipe, Interrupts& interrupts,
                                                    bool json = false);

}  // namespace retort::cli
