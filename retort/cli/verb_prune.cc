// `retort prune`: a dense model cut to a smaller one, ready to be distilled into; or the thresholds by which
// any model may skip inputs while it runs.
#include <fmt/core.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>

#include "retort/base/error.h"
#include "retort/base/progress_bar.h"
#include "retort/cli/checkpoint_summary.h"
#include "retort/cli/measured_text.h"
#include "retort/cli/measurement.h"
#include "retort/cli/output.h"
#include "retort/cli/retention.h"
#include "retort/compress/pruned_shape.h"
#include "retort/compress/sparsity_calibration.h"
#include "retort/formats/hf_config_writer.h"
#include "retort/train/export.h"
#include "retort/train/importance.h"
#include "retort/train/pruning.h"
#include "retort/train/stored_weights.h"

namespace retort::cli {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kThresholdTokens = 4096, kImportanceTokens = 65536;

struct PrunePlan {
  std::string model, out;
  bool thresholds = false, json = false;
  std::string levels = "greedy";
  std::optional<std::string> to, calibration;
  std::optional<int64_t> layers, hidden, intermediate, heads, kv_heads, tokens, threads;

  CardOptions card;

  bool names_a_shape() const { return layers || hidden || intermediate || heads || kv_heads; }
};

void declare(Options& options, PrunePlan& plan) {
  constexpr double kMax = 1 << 30;
  options.positional("MODEL", plan.model, "a name such as micro-13, a Hugging Face folder or a GGUF file")
      .optional_positional("OUT", plan.out, "the folder to make; with --thresholds the file (beside MODEL)");
  options.group("A smaller model")
      .option("--to", plan.to, "SIZE", "parameters at most: 900M, 1.2B, or a share of MODEL's, 0.7")
      .option("--layers", plan.layers, "N", "keep so many layers, the ones that turn what they read the most")
      .within(1, kMax)
      .option("--hidden", plan.hidden, "N", "hidden channels to keep")
      .within(1, kMax)
      .option("--intermediate", plan.intermediate, "N", "channels of each MLP to keep")
      .within(1, kMax)
      .option("--heads", plan.heads, "N", "query heads to keep")
      .within(1, kMax)
      .option("--kv-heads", plan.kv_heads, "N", "key-value heads to keep")
      .within(1, kMax);
  options.group("Skipping at run time")
      .flag("--thresholds", plan.thresholds,
            "measure what `retort run --sparsity` needs, and write it beside MODEL")
      .option("--levels", plan.levels, "HOW",
              "greedy: in each layer prune more where products lose less (default); uniform: all alike")
      .one_of({"greedy", "uniform"});
  options.group("Measuring")
      .option("--calibration", plan.calibration, "FILE",
              "text, or JSON lines with texts or chats, to measure on (generated problems)")
      .option("--tokens", plan.tokens, "N", "of it (65536; with --thresholds 4096)")
      .within(1, kMax)
      .option("--threads", plan.threads, "N", "threads to compute with (one per core)")
      .within(1, 1024);
  declare_card_options(options, plan.card);
  options.flag("--json", plan.json, "print one JSON object");
  options.examples(
      "  retort prune micro-13 build/smaller --to 0.7\n"
      "  retort prune ./DeepSeek-R1-Distill-Qwen-1.5B ./smaller --to 1.2B --calibration chats.jsonl\n"
      "  retort prune ./base ./narrow --intermediate 384 --layers 4\n"
      "  retort prune model.gguf --thresholds && retort run model.gguf --sparsity 0.4");
}

void check(const PrunePlan& plan) {
  const bool shape = plan.to || plan.names_a_shape();
  if (plan.thresholds == shape)
    fail(ErrorCode::bad_input, "prune: {}; see `retort prune --help`",
         shape ? "--thresholds changes no model: it goes without --to and without a shape"
               : "say what to make: a smaller model (--to SIZE, or --layers, --intermediate, ...) or "
                 "--thresholds");
  if (plan.to && plan.names_a_shape())
    fail(ErrorCode::bad_input, "prune: --to chooses the shape itself: give it or {}",
         "--layers, --hidden, ...");
  if (plan.thresholds) return;
  if (plan.out.empty()) fail(ErrorCode::bad_input, "prune: OUT is missing: the folder to make");
  if (fs::exists(plan.out))
    fail(ErrorCode::bad_input, "prune: {}: is there already; name another folder", printable(plan.out));
}

ProgressFn progress_of(ProgressBar& bar, Interrupts& interrupts) {
  return [&](std::string_view what, uint64_t done, uint64_t total) {
    interrupts.throw_if_any();
    bar.update(what, done, total);
  };
}

const Decoder& decoder_of(const Session& session) {
  return dynamic_cast<const Decoder&>(*session.loaded.model);  // of every architecture
}

// ---- thresholds -----------------------------------------------------------------------------------------

void print_thresholds(const compress::SparsityFile& file, const fs::path& path, const Session& session) {
  print_heading(fmt::format("{} (measured, by run {})", printable(path.string()), file.run));
  print_row("model", printable(session.loaded.checkpoint.path().string()));
  print_row("measured on", fmt::format("{} tokens of {}", with_commas(static_cast<uint64_t>(file.tokens)),
                                       printable(file.calibration)));
  print_row("sparsities", fmt::format("{:g} to {:g}", file.grid.front(), file.grid.back()));
  if (session.loaded.config.has_experts())
    print_row("experts", "read all their inputs: only attention's are skipped in a mixture");
  fmt::print("\n");
  std::vector<std::vector<std::string>> rows{{"threshold at 0.4, layer"}};
  for (std::string_view site : kInputSiteNames) rows[0].emplace_back(site);
  const std::vector<LayerThresholds> at = file.at(0.4);
  for (size_t l = 0; l < at.size(); ++l) {
    auto& row = rows.emplace_back(std::vector<std::string>{std::to_string(l)});
    for (float threshold : at[l]) row.push_back(fmt::format("{:.4g}", threshold));
  }
  print_table(rows);
}

int write_thresholds(const PrunePlan& plan) {
  Interrupts interrupts;
  Session session({.path = plan.model, .threads = plan.threads}, Repack::never, interrupts);
  const MeasuredText text =
      measured_text(session, plan.calibration, plan.tokens.value_or(kThresholdTokens), interrupts);
  ProgressBar bar(stderr, ProgressUnit::count);
  compress::SparsityFile file{.weights = weights_checksum(session.loaded.checkpoint),
                              .calibration = text.name,
                              .tokens = text.tokens,
                              .run = new_run_id(),
                              .grid = compress::sparsity_grid(),
                              .thresholds = {}};
  file.thresholds = compress::measure_thresholds(
      session.context, decoder_of(session), text.spans(), file.grid,
      plan.levels == "greedy" ? compress::LevelChoice::greedy : compress::LevelChoice::uniform,
      progress_of(bar, interrupts));
  bar.finish();
  const fs::path path =
      plan.out.empty() ? compress::sparsity_path(session.loaded.checkpoint) : fs::path(plan.out);
  compress::write_sparsity(path, file);
  if (plan.json)
    print_json({{"file", path.string()},
                {"model", session.loaded.checkpoint.path().string()},
                {"run", file.run},
                {"calibration", {{"text", file.calibration}, {"tokens", file.tokens}}},
                {"sparsities", file.grid},
                {"layers", file.thresholds[0].size()},
                {"obtained", "measured"}});
  else
    print_thresholds(file, path, session);
  return 0;
}

// ---- a smaller model ------------------------------------------------------------------------------------

struct Shape {
  ModelConfig config;
  std::vector<compress::PrunedShape> others;  // that --to looked at
};

Shape shape_of(const PrunePlan& plan, const ModelConfig& base, const std::string& where) {
  train::StudentRecipe student;
  student.architecture = "";  // the base's
  student.num_hidden_layers = plan.layers.value_or(0);
  student.hidden_size = plan.hidden.value_or(0);
  student.intermediate_size = plan.intermediate.value_or(0);
  student.num_attention_heads = plan.heads.value_or(0);
  student.num_key_value_heads = plan.kv_heads.value_or(0);
  Shape shape{train::pruned_config(student, base, where), {}};
  if (plan.to) {
    const int64_t size = compress::parse_size(*plan.to, compress::parameter_count(base));
    const compress::ShapeChoice choice = compress::choose_shape(base, size, where);
    shape.config.num_hidden_layers = choice.chosen.num_hidden_layers;
    shape.config.hidden_size = choice.chosen.hidden_size;
    shape.config.intermediate_size = choice.chosen.intermediate_size;
    shape.others = choice.others;
  }
  if (compress::parameter_count(shape.config) == compress::parameter_count(base))
    fail(ErrorCode::bad_input, "{}: this shape is the model's own: nothing would be cut", where);
  shape.config.quantization = {};
  shape.config.torch_dtype = "bfloat16";
  return shape;
}

/// The tokenizer and all else that belongs to the model, and its new config.json.
train::ModelFiles files_of(const Checkpoint& base, const ModelConfig& config) {
  train::ModelFiles files;
  for (const char* name :
       {"generation_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja",
        "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt"})
    if (auto text = base.text(name)) files.emplace_back(name, std::move(*text));
  files.emplace_back("config.json", to_hf_config(config).dump(2) + "\n");
  return files;
}

struct Pruned {
  std::string run = new_run_id();
  ModelConfig base, config;
  std::vector<compress::PrunedShape> others;
  train::PruningPlan kept;
  std::vector<double> layer_importance;
  std::string text;
  int64_t sequences = 0, tokens = 0;

  int64_t before() const { return compress::parameter_count(base); }
  int64_t after() const { return compress::parameter_count(config); }
  double energy() const {
    return std::accumulate(kept.energy.begin(), kept.energy.end(), 0.0) /
           static_cast<double>(kept.energy.size());
  }
};

Json shape_json(const ModelConfig& c) {
  return {{"num_hidden_layers", c.num_hidden_layers},     {"hidden_size", c.hidden_size},
          {"intermediate_size", c.intermediate_size},     {"num_attention_heads", c.num_attention_heads},
          {"num_key_value_heads", c.num_key_value_heads}, {"parameters", compress::parameter_count(c)}};
}

Json to_json(const Pruned& p) {
  Json others = Json::array();
  for (const compress::PrunedShape& other : p.others)
    others.push_back({{"how", other.how},
                      {"num_hidden_layers", other.num_hidden_layers},
                      {"hidden_size", other.hidden_size},
                      {"intermediate_size", other.intermediate_size},
                      {"parameters", other.parameters}});
  return {{"run", p.run},
          {"obtained", "measured"},
          {"base", shape_json(p.base)},
          {"pruned", shape_json(p.config)},
          {"considered", others},
          {"layers_kept", p.kept.layers},
          {"layer_importance", p.layer_importance},
          {"energy_kept", p.energy()},
          {"calibration", {{"text", p.text}, {"sequences", p.sequences}, {"tokens", p.tokens}}}};
}

std::string shape_text(int64_t layers, int64_t hidden, int64_t inner, int64_t parameters) {
  return fmt::format("{} layers, {} hidden, {} MLP: {} parameters", layers, hidden, inner,
                     with_commas(static_cast<uint64_t>(parameters)));
}

std::string layers_text(const std::vector<int64_t>& layers) {
  std::string text;
  for (int64_t layer : layers) text += fmt::format("{}{}", text.empty() ? "" : " ", layer);
  return text;
}

void print(const Pruned& p, const PrunePlan& plan) {
  auto text = [](const ModelConfig& c) {
    return shape_text(c.num_hidden_layers, c.hidden_size, c.intermediate_size, compress::parameter_count(c));
  };
  print_heading(fmt::format("{} (importance measured by run {})", printable(plan.out), p.run));
  print_row("from", text(p.base));
  print_row("to", fmt::format("{} ({:.1f} %)", text(p.config),
                              100 * static_cast<double>(p.after()) / static_cast<double>(p.before())));
  print_row("heads", fmt::format("{} of {}, over {} of {} of keys and values", p.config.num_attention_heads,
                                 p.base.num_attention_heads, p.config.num_key_value_heads,
                                 p.base.num_key_value_heads));
  print_row("layers kept", layers_text(p.kept.layers));
  print_row("hidden channels",
            fmt::format("keep {:.1f} % of the squares, the mean over norms", 100 * p.energy()));
  print_row("measured on",
            fmt::format("{} tokens of {}, {} sequences", with_commas(static_cast<uint64_t>(p.tokens)),
                        printable(p.text), p.sequences));
  for (const compress::PrunedShape& other : p.others)
    print_row("also considered", other.how + ": " +
                                     shape_text(other.num_hidden_layers, other.hidden_size,
                                                other.intermediate_size, other.parameters));
  if (2 * p.after() < p.before())
    print_row("note", "less than half is left: Minitron cuts so much in steps, and distils in between");
  fmt::print("\nIt has lost what was cut until it is distilled: recipe key student.from, docs/recipes.md.\n");
}

int cut(const PrunePlan& plan) {
  Interrupts interrupts;
  const std::string where = "prune: " + printable(plan.model);
  Session session({.path = plan.model, .threads = plan.threads}, Repack::never, interrupts);
  const LoadedModel& loaded = session.loaded;
  if (loaded.checkpoint.layout() != Layout::hugging_face)
    fail(ErrorCode::unsupported, "{}: is a GGUF file; a smaller model is cut from a Hugging Face folder",
         where);
  Pruned p;
  p.base = loaded.config;
  Shape shape = shape_of(plan, p.base, where);
  p.config = shape.config;
  p.others = std::move(shape.others);

  const MeasuredText text =
      measured_text(session, plan.calibration, plan.tokens.value_or(kImportanceTokens), interrupts);
  ProgressBar bar(stderr, ProgressUnit::count);
  const train::Importance importance = train::measure_importance(session.context, decoder_of(session),
                                                                 text.spans(), progress_of(bar, interrupts));
  bar.finish();
  p.text = text.name;
  p.sequences = importance.sequences;
  p.tokens = importance.tokens;
  p.layer_importance = importance.layers;
  p.kept = train::plan_pruning(p.config, p.base, importance);

  TrainableDecoder student(p.config);
  train::prune(session.context, student, loaded.checkpoint, p.base, p.kept);
  interrupts.throw_if_any();
  train::ModelFiles files = files_of(loaded.checkpoint, p.config);
  files.emplace_back("pruning.json", to_json(p).dump(1) + "\n");
  train::export_model(plan.out, student, files);
  if (plan.json) {
    Json out{{"model", plan.out}};
    out.update(to_json(p));
    print_json(out);
  } else {
    print(p, plan);
  }
  card_of_output(plan.card, {.threads = plan.threads}, plan.model, plan.out,
                 {.command = "retort prune " + plan.model + " " + plan.out,
                  .method = "structured, by activation importance",
                  .details = {{"calibration text", p.text}}},
                 interrupts, plan.json);
  return 0;
}

}  // namespace

int verb_prune(const Arguments& arguments) {
  PrunePlan plan;
  Options options(
      "prune",
      "Cuts a dense model to a smaller one of its architecture: keeps the channels, heads and layers that\n"
      "matter most on a text (Minitron), as a start for `retort distill`. Or, with --thresholds, measures\n"
      "which inputs of its matrices a model may skip while it runs (TEAL); the model stays as it is.");
  declare(options, plan);
  if (!options.parse(arguments)) return 0;
  check(plan);
  return plan.thresholds ? write_thresholds(plan) : cut(plan);
}

}  // namespace retort::cli
