// `retort distill`: makes a student from a recipe; says beforehand what it will cost, and can be stopped and
// resumed.
#include <fmt/core.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "retort/base/arena.h"
#include "retort/base/error.h"
#include "retort/base/progress_bar.h"
#include "retort/base/thread_pool.h"
#include "retort/base/topology.h"
#include "retort/cli/interrupts.h"
#include "retort/cli/machine_peaks.h"
#include "retort/cli/measurement.h"
#include "retort/cli/options.h"
#include "retort/cli/output.h"
#include "retort/cli/training_line.h"
#include "retort/train/recipe_reference.h"
#include "retort/train/recipe_run.h"

namespace retort::cli {
namespace {

struct DistillOptions {
  std::string recipe;  // or, with --explain, a key
  bool explain = false, dry_run = false, resume = false, json = false;
  std::optional<std::string> output;
  std::optional<int64_t> threads, seed;
};

void declare(Options& parser, DistillOptions& o) {
  parser.optional_positional("RECIPE", o.recipe, "a recipe (JSON); with --explain, a key or a section of one")
      .flag("--explain", o.explain, "say what may stand in a recipe, and stop")
      .flag("--dry-run", o.dry_run, "check the recipe, say what it would cost, and stop")
      .flag("--resume", o.resume, "go on with a run that was stopped")
      .option("--output", o.output, "DIR", "write the student here instead of where the recipe says")
      .option("--seed", o.seed, "N", "instead of the recipe's")
      .within(0, 9e15)
      .option("--threads", o.threads, "N", "threads to compute with (one per core)")
      .within(1, 1024)
      .flag("--json", o.json, "one JSON object a line: costs, stages, steps, examinations, done");
  parser.examples(
      "  retort distill models/micro/recipes/smoke.json\n"
      "  retort distill recipe.json --dry-run\n"
      "  retort distill recipe.json --resume\n"
      "  retort distill --explain optimizer.learning_rate");
}

double peak_of(kernels::Isa isa, int threads) {
  constexpr double kSeconds = 0.3;
  ThreadPool pool(threads);
  const MachinePeaks peaks = measure_arithmetic(pool, isa, kSeconds);
  return peaks.bf16_flops.value_or(peaks.fp32_flops);
}

std::string size_text(uint64_t n) {
  return n < 100'000 ? with_commas(n) : fmt::format("{:.2f} M", static_cast<double>(n) / 1e6);
}

void print_costs(const train::CostReport& costs) {
  const ModelConfig& c = costs.config;
  print_heading("Costs");
  print_row("student",
            fmt::format("{}, {} parameters: hidden {}, {} layers, {} heads over {}, intermediate {}, "
                        "vocabulary {}",
                        c.architecture, size_text(costs.cost.parameters), c.hidden_size, c.num_hidden_layers,
                        c.num_attention_heads, c.num_key_value_heads, c.intermediate_size, c.vocab_size));
  if (c.has_experts())
    print_row("experts",
              fmt::format("{} in each layer, {} for a token: {} of the {} weights in matrices",
                          c.num_local_experts, c.num_experts_per_tok, size_text(costs.cost.product_weights),
                          size_text(costs.cost.matrix_weights)));
  print_row("tokens", with_commas(static_cast<uint64_t>(costs.tokens)));
  print_row("operations", fmt::format("{:.1f} MFLOP a token (predicted: {}), {:.2f} TFLOP in all",
                                      costs.flops_per_token / 1e6, train::kFlopsFormula,
                                      costs.flops_per_token * static_cast<double>(costs.tokens) / 1e12));
  print_row("rate",
            fmt::format("{:.1f} GFLOP/s (measured on a cut of the student)", costs.flops_per_second / 1e9));
  print_row("time", fmt::format("{} (predicted: operations / rate)", format_seconds(costs.seconds())));
  print_row("memory", fmt::format("{} (predicted: {}); {} are free", format_bytes(costs.memory.total()),
                                  train::kMemoryFormula, format_bytes(costs.available_memory)));
}

void print_examination(const train::ExaminationReport& report) {
  std::vector<std::vector<std::string>> rows{{"held-out problems", "correct", "95 % interval", "of"}};
  auto row = [&](const std::string& label, const problems::Proportion& p) {
    problems::Interval i = p.wilson();
    rows.push_back({label, fmt::format("{:.1f} %", 100 * p.share()),
                    fmt::format("{:.1f} to {:.1f}", 100 * i.low, 100 * i.high), fmt::format("{}", p.trials)});
  };
  for (const train::LevelScore& score : report.result.scores)
    row(fmt::format("{} {}", problems::name(score.family), score.level), score.correct);
  row("all", report.result.all());
  print_heading(fmt::format("After {} tokens (measured)", with_commas(static_cast<uint64_t>(report.tokens))));
  print_table(rows);
}

/// Shows a run to people: progress and the live line on stderr, what will be wanted later on stdout.
class Display : public train::RunObserver {
 public:
  explicit Display(Interrupts& interrupts) : interrupts_(interrupts) {}

  void progress(std::string_view what, uint64_t done, uint64_t total) override {
    interrupts_.throw_if_any();
    bar_.update(what, done, total);
  }
  void costs(const train::CostReport& report) override {
    print_costs(report);
    std::fflush(stdout);
  }
  void taught(const train::TraceSet& traces) override {
    bar_.finish();
    fmt::print(stderr, "teacher: {} of its answers are right; {} different ones are learnt from\n",
               problems::to_text(traces.accepted), with_commas(traces.traces.size()));
  }
  void started(const train::StartReport& r) override {
    bar_.finish();
    fmt::print(stderr, "student: {} of {}: {}\n", r.key, printable(r.folder), r.summary);
  }
  void stage(const train::StageReport& r) override {
    bar_.finish();
    line_.finish();
    fmt::print(stderr, "{}: {} steps of {} sequences; {} different ones of {} tokens{}\n", r.kind, r.steps,
               r.batch_sequences, with_commas(static_cast<uint64_t>(r.sequences)),
               with_commas(static_cast<uint64_t>(r.tokens)),
               r.left_out > 0 ? fmt::format(", {} too long and left out", r.left_out) : "");
  }
  void step(const std::string& stage, const train::StepReport& report) override {
    bar_.finish();
    line_.step(stage, report);
  }
  void examined(const train::ExaminationReport& report) override {
    bar_.finish();
    line_.finish();
    line_.examined(report);
    print_examination(report);
    std::fflush(stdout);
  }
  bool interrupted() override { return interrupts_.take(); }

 private:
  Interrupts& interrupts_;
  ProgressBar bar_{stderr, ProgressUnit::count};
  TrainingLine line_{stderr};
};

/// The same for machines: a JSON object a line.
class JsonLines : public train::RunObserver {
 public:
  explicit JsonLines(Interrupts& interrupts) : interrupts_(interrupts) {}

  void progress(std::string_view, uint64_t, uint64_t) override { interrupts_.throw_if_any(); }
  void costs(const train::CostReport& report) override { print("costs", to_json(report)); }
  void taught(const train::TraceSet& traces) override { print("traces", train::to_json(traces)); }
  void started(const train::StartReport& report) override { print("started", to_json(report)); }
  void stage(const train::StageReport& report) override { print("stage", to_json(report)); }
  void step(const std::string& stage, const train::StepReport& report) override {
    print("step", train::to_json(stage, report));
  }
  void examined(const train::ExaminationReport& report) override { print("examination", to_json(report)); }
  bool interrupted() override { return interrupts_.take(); }

  static void print(std::string_view event, const Json& fields) {
    Json line;
    line["event"] = event;
    line.update(fields);
    print_json_line(line);
  }

 private:
  Interrupts& interrupts_;
};

train::Recipe recipe_of(const DistillOptions& options) {
  train::Recipe recipe = train::read_recipe(options.recipe);
  if (options.seed) recipe.seed = *options.seed;
  if (options.output) recipe.output = std::filesystem::absolute(*options.output).string();
  return recipe;
}

int dry_run(Context& ctx, const train::Recipe& recipe, bool json) {
  train::CostReport costs = train::estimate_costs(ctx, recipe);
  if (json)
    JsonLines::print("costs", to_json(costs));
  else
    print_costs(costs);
  return 0;
}

int run(const DistillOptions& options) {
  train::Recipe recipe = recipe_of(options);
  Interrupts interrupts;
  ThreadPool pool(options.threads ? static_cast<int>(*options.threads) : default_threads(read_topology()));
  Arena arena;
  kernels::KernelTable kernels = kernels::kernel_table(kernels::choose_isa());
  Context ctx{pool, arena, kernels};
  if (options.dry_run) return dry_run(ctx, recipe, options.json);

  double peak = peak_of(kernels.isa, pool.size());
  std::unique_ptr<train::RunObserver> observer;
  if (options.json)
    observer = std::make_unique<JsonLines>(interrupts);
  else
    observer = std::make_unique<Display>(interrupts);
  train::run_recipe(ctx, recipe, {.resume = options.resume, .peak_flops = peak}, *observer);
  observer.reset();
  std::string folder = recipe.resolve(recipe.output).string();
  if (options.json)
    JsonLines::print("done", {{"model", folder}});
  else
    fmt::print("\nThe student is in {}; try: retort run {}\n", printable(folder), printable(folder));
  return 0;
}

}  // namespace

int verb_distill(const Arguments& arguments) {
  DistillOptions options;
  Options parser(
      "distill",
      "Makes a student from a recipe. Says first what it will cost in memory and time, and refuses "
      "what memory will not do.\n"
      "Ctrl-C or a kill loses little: --resume goes on to the same weights, bit for bit.");
  declare(parser, options);
  if (!parser.parse(arguments)) return 0;
  if (options.explain) {
    fmt::print("{}", train::explain(options.recipe));
    return 0;
  }
  if (options.recipe.empty())
    fail(ErrorCode::bad_input, "distill: RECIPE is required; see: retort distill --help");
  if (options.dry_run && options.resume)
    fail(ErrorCode::bad_input, "distill: --dry-run and --resume exclude each other");
  return run(options);
}

}  // namespace retort::cli
