// `retort diff`: what one model has lost against another, in its predictions, its answers, its size and its
// speed.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/cli/card_table.h"
#include "retort/cli/evaluation.h"
#include "retort/cli/output.h"
#include "retort/cli/retention.h"
#include "retort/eval/suite.h"

namespace retort::cli {
namespace {

struct Plan {
  SessionOptions source, output;
  std::optional<std::string> output_kv, card;
  std::vector<std::string> suites;
  RetentionOptions retention;
  std::optional<double> margin, output_sparsity;
  bool json = false;
};

bool parse(const Arguments& arguments, Plan& p) {
  RetentionOptions& r = p.retention;
  const std::string about_suites = "asked of both; several by commas or repetition (logic). " + suites_help();
  Options options(
      "diff",
      "Compares two files of a model, such as before and after compression: predictions on held-out "
      "text (KL divergence, perplexity, same top token), answers to the same problems with what went "
      "wrong and right, length, size, memory and speed. Nobody needs to know who made them.");
  options.positional("SOURCE", p.source.path, "a name such as micro-13, a folder or a GGUF file")
      .positional("OUTPUT", p.output.path, "the same, compressed; or the same, with another --kv-b")
      .option(
          "--text", r.text, "FILE",
          "compare predictions on this text, or JSON lines with texts or chats (generated problems, held out "
          "from training)")
      .option("--tokens", r.tokens, "N", "of it, from the beginning (16384, or 2048 of a large model)")
      .within(2, 1e9)
      .option_list("-s,--suite", p.suites, "NAME,...", about_suites.c_str())
      .option("-n,--problems", r.problems, "N",
              "of each family and level; 0: no answers are compared (50 for up to 50 M weights, else 0)")
      .within(0, 1'000'000)
      .option("--margin", p.margin, "POINTS", "a loss smaller than this is no loss (2)")
      .within(0.1, 50)
      .flag("--no-speed", r.no_speed, "measure no memory and speed");
  declare_ask_options(options, r.ask);
  declare_session_options(options, p.source);
  options
      .option("--kv-b", p.output_kv, "TYPE",
              "keys and values of OUTPUT (as --kv): what a cache in fewer bits loses")
      .one_of({"bf16", "q8", "fp8"})
      .option("--sparsity-b", p.output_sparsity, "X", "what OUTPUT skips while it runs (as --sparsity)")
      .within(0, 0.95)
      .group("Output")
      .option("--card", p.card, "FOLDER", "write card.json and card.md there")
      .flag("--json", p.json, "print the card as JSON")
      .examples(
          "  retort diff model.gguf model-q4_k_m.gguf\n"
          "  retort diff micro-13 out --suite logic,functions -n 100 --card out\n"
          "  retort diff model.gguf model-q8.gguf -n 0 --text book.txt       predictions alone\n"
          "  retort diff micro-13 micro-13 --kv-b q8                          what the cache's type loses");
  return options.parse(arguments);
}

/// "logic,code" given once is as good as both given.
std::vector<std::string> split_names(const std::vector<std::string>& given) {
  std::vector<std::string> out;
  for (const std::string& list : given)
    for (size_t begin = 0; begin <= list.size();) {
      const size_t end = std::min(list.find(',', begin), list.size());
      out.push_back(list.substr(begin, end - begin));
      begin = end + 1;
    }
  return out;
}

void complete(Plan& p) {
  if (!p.suites.empty()) p.retention.suites = split_names(p.suites);
  // Before anything is loaded: names that are none.
  for (const std::string& suite : p.retention.suites)
    (void)eval::make_suite(suite, p.retention.ask.suite_options());
  if (p.retention.problems.value_or(1) > 0) eval::require_sandbox_for(p.retention.suites);
  if (p.margin) p.retention.margin_points = *p.margin;
  const std::string path = p.output.path;
  p.output = p.source;
  p.output.path = path;
  if (p.output_kv) p.output.kv = *p.output_kv;
  if (p.output_sparsity) p.output.sparsity = p.output_sparsity;
  if (p.card && !std::filesystem::is_directory(*p.card))
    fail(ErrorCode::bad_input, "diff: {}: is no folder; make it, or name another for the card", *p.card);
}

}  // namespace

int verb_diff(const Arguments& arguments) {
  Plan plan;
  if (!parse(arguments, plan)) return 0;
  complete(plan);
  Interrupts interrupts;
  const report::RetentionCard card = measure_retention(plan.source, plan.output, plan.retention, interrupts);
  if (plan.card) write_card(card, card_in_folder(*plan.card));
  if (plan.json)
    print_json(to_json(card));
  else
    print_card(card);
  if (plan.card && !plan.json) fmt::print("card: {}\n", card_in_folder(*plan.card).markdown.string());
  return 0;
}

}  // namespace retort::cli
