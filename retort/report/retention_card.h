// The retention card: what compression cost a model, measured on the file as it was written. One value, as
// JSON (card.json) and for people (card.md).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "retort/base/json.h"
#include "retort/compress/token_divergence.h"
#include "retort/eval/compare/model_result.h"
#include "retort/report/model_size.h"
#include "retort/report/retention.h"

namespace retort::report {

/// One of the two models.
struct CardSide {
  std::string name;       // of the file or folder, without its path
  std::string container;  // "GGUF", "safetensors"
  std::string architecture;
  std::string weights_checksum;
  ModelSize size;
  std::string kv = "bf16";  // type of keys and values
  double sparsity = 0;      // share of the inputs of matrices that is skipped while it runs
  bool random_weights = false;
  std::vector<eval::HardwareFigure> hardware;
};

/// A tensor that could not take the format that was asked for.
struct CardFallback {
  std::string tensor, wanted, got, reason;
};

/// A further table, such as accuracy against sparsity. The title says how its figures were obtained.
struct CardTable {
  std::string title;
  std::vector<std::vector<std::string>> rows;  // the first is the head
};

/// How the output was made; what makes it fills this in.
struct CardRecipe {
  std::string command;  // "retort quantize micro-3 out --to fp8"
  std::string method;   // "round to nearest, importance of 16,384 tokens"
  std::vector<std::pair<std::string, std::string>> details;  // ("calibration text", "traces.jsonl, 3fa9...")
  std::vector<CardFallback> fallbacks;
  std::vector<CardTable> tables;
};

struct RetentionCard {
  std::string run, generated, program;  // "3fa91c02-20261124", UTC, version_line()
  std::string machine, isa;
  int threads = 0;
  CardSide source, output;
  std::optional<CardRecipe> recipe;  // absent: two files were compared, whoever made them
  std::string texts;                 // what the divergence is measured on
  std::optional<compress::Divergence> divergence;
  std::vector<SuiteRetention> suites;
  double margin = 0.02;
  std::vector<std::string> notes;  // what a reader must know: "random weights: no problems were asked"

  std::optional<eval::VerdictOnLoss> verdict() const { return overall_verdict(suites); }
};

struct PublishedRetention {
  std::string_view obtained;  // "published"; "claimed": nobody can check it
  std::string_view what, result, source, url, date;
};
/// Of models with matrices of the output's types.
std::vector<PublishedRetention> published_retention(const ModelSize& output);

Json to_json(const RetentionCard& card);
std::string to_markdown(const RetentionCard& card);

/// Texts that card.md and the terminal share: "0.00136 +- 0.00004" (standard error), "99.1 % +- 0.2",
/// "retained 99.2 % (97.1 to 101.3)".
std::string mean_text(const compress::ClusteredMean& mean, bool percent = false);
std::string retained_text(const FigureRetention& figure);
std::string verdict_text(const RetentionCard& card);
/// Rows (label, source, output, change) of size and hardware, and (label, value) of the divergence.
std::vector<std::vector<std::string>> size_rows(const RetentionCard& card);
std::vector<std::vector<std::string>> hardware_rows_of(const RetentionCard& card);
std::vector<std::vector<std::string>> divergence_rows(const compress::Divergence& divergence);
/// Head, and a row a compared figure: figure, before, after, change, retained, flips, p, verdict.
std::vector<std::vector<std::string>> score_rows(const SuiteRetention& suite);
std::string length_text(const LengthRetention& length);

}  // namespace retort::report
