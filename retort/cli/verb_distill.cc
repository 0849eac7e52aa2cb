// `retort distill`: makes a student from a recipe; says beforehand what it will cost, and can be stopped and
// resumed.
#include <fmt/core.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "retort/base/arena.h"
#include "retort/base/error.h"
#include "retort/base/progress_bar.h"
#include "retort/base/thread_pool.h"
#include "retort/base/topology.h"
#include "retort/cli/interrupts.h"
#include "retort/cli/launcher_signals.h"
#include "retort/cli/machine_peaks.h"
#include "retort/cli/measurement.h"
#include "retort/cli/options.h"
#include "retort/cli/output.h"
#include "retort/cli/rank_places.h"
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
      "  mpirun -n 2 retort distill recipe.json\n"
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

std::string answers_text(const train::CostReport& costs, const train::AnswerForecast& answers) {
  return fmt::format(
      "at most {} (predicted: 2 W operations for each of {} tokens, at {:.1f} GFLOP/s measured)",
      format_seconds(costs.seconds_of(answers)), with_commas(static_cast<uint64_t>(answers.tokens)),
      costs.answering_flops_per_second / 1e9);
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
  if (costs.traces.tokens > 0) print_row("traces", answers_text(costs, costs.traces));
  if (costs.examinations.tokens > 0) print_row("examinations", answers_text(costs, costs.examinations));
  print_row("memory", fmt::format("{} (predicted: {}); {} are free", format_bytes(costs.memory.total()),
                                  train::parts_text(costs.memory), format_bytes(costs.available_memory)));
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
  print_heading(fmt::format("After {} tokens{} (measured)", with_commas(static_cast<uint64_t>(report.tokens)),
                            report.quantise.empty() ? "" : ", rounded to " + report.quantise));
  if (report.held_out)
    print_row("held-out texts", fmt::format("loss {:.4f}, perplexity {:.2f} over {} tokens",
                                            report.held_out->cross_entropy, report.held_out->perplexity(),
                                            with_commas(static_cast<uint64_t>(report.held_out->predicted))));
  if (report.result.scores.empty()) return;
  row("all", report.result.all());
  print_table(rows);
}

/// Who may stop a run: Ctrl-C, and mpirun where it started this process.
class Stopping {
 public:
  explicit Stopping(const std::string& recipe) {
    if (!train::launched_in_ranks()) return;
    const bool speaks = std::getenv("OMPI_COMM_WORLD_RANK") == std::string("0");
    launcher_.emplace(
        speaks
            ? fmt::format("retort: mpirun ends this run: a process of it died, or Ctrl-C came in a "
                          "long step; the last state that was saved is kept: go on with: mpirun ... retort "
                          "distill {} --resume\n",
                          printable(recipe))
            : "");
  }
  bool asked() { return interrupts_.take() || (launcher_ && launcher_->take()); }
  void throw_if_asked() {
    if (asked()) fail(ErrorCode::cancelled, "interrupted");
  }

 private:
  Interrupts interrupts_;
  std::optional<LauncherSignals> launcher_;
};

/// Shows a run to people: progress and the live line on stderr, what will be wanted later on stdout.
class Display : public train::RunObserver {
 public:
  explicit Display(Stopping& stopping) : stopping_(stopping) {}

  void progress(std::string_view what, uint64_t done, uint64_t total) override {
    stopping_.throw_if_asked();
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
  void read(const train::TextLessons& texts) override {
    bar_.finish();
    fmt::print(
        stderr, "texts: {} documents and {} chats; {} sequences of {} tokens to learn from, {} held out{}\n",
        with_commas(static_cast<uint64_t>(texts.documents)), with_commas(static_cast<uint64_t>(texts.chats)),
        with_commas(static_cast<uint64_t>(texts.dataset.size())),
        with_commas(static_cast<uint64_t>(texts.dataset.tokens())),
        with_commas(static_cast<uint64_t>(texts.held_out.size())),
        texts.left_out > 0 ? fmt::format("; {} turns too long and left out", texts.left_out) : "");
  }
  void stage(const train::StageReport& r) override {
    bar_.finish();
    line_.finish();
    fmt::print(stderr, "{}{}: {} steps of {} sequences; {} different ones of {} tokens{}\n", r.kind,
               r.quantise.empty() ? "" : ", rounded to " + r.quantise, r.steps, r.batch_sequences,
               with_commas(static_cast<uint64_t>(r.sequences)), with_commas(static_cast<uint64_t>(r.tokens)),
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
  bool interrupted() override { return stopping_.asked(); }

 private:
  Stopping& stopping_;
  ProgressBar bar_{stderr, ProgressUnit::count};
  TrainingLine line_{stderr};
};

/// The same for machines: a JSON object a line.
class JsonLines : public train::RunObserver {
 public:
  explicit JsonLines(Stopping& stopping) : stopping_(stopping) {}

  void progress(std::string_view, uint64_t, uint64_t) override { stopping_.throw_if_asked(); }
  void costs(const train::CostReport& report) override { print("costs", to_json(report)); }
  void taught(const train::TraceSet& traces) override { print("traces", train::to_json(traces)); }
  void started(const train::StartReport& report) override { print("started", to_json(report)); }
  void read(const train::TextLessons& texts) override { print("texts", train::to_json(texts)); }
  void stage(const train::StageReport& report) override { print("stage", to_json(report)); }
  void step(const std::string& stage, const train::StepReport& report) override {
    print("step", train::to_json(stage, report));
  }
  void examined(const train::ExaminationReport& report) override { print("examination", to_json(report)); }
  bool interrupted() override { return stopping_.asked(); }

  static void print(std::string_view event, const Json& fields) {
    Json line;
    line["event"] = event;
    line.update(fields);
    print_json_line(line);
  }

 private:
  Stopping& stopping_;
};

/// Of a rank that is not the first: it can be stopped, and says nothing.
class Silence : public train::RunObserver {
 public:
  explicit Silence(Stopping& stopping) : stopping_(stopping) {}

  void progress(std::string_view, uint64_t, uint64_t) override { stopping_.throw_if_asked(); }
  void costs(const train::CostReport&) override {}
  void taught(const train::TraceSet&) override {}
  void started(const train::StartReport&) override {}
  void read(const train::TextLessons&) override {}
  void stage(const train::StageReport&) override {}
  void step(const std::string&, const train::StepReport&) override {}
  void examined(const train::ExaminationReport&) override {}
  bool interrupted() override { return stopping_.asked(); }

 private:
  Stopping& stopping_;
};

std::unique_ptr<train::RunObserver> observer_of(Stopping& stopping, bool speaks, bool json) {
  if (!speaks) return std::make_unique<Silence>(stopping);
  if (json) return std::make_unique<JsonLines>(stopping);
  return std::make_unique<Display>(stopping);
}

train::Recipe recipe_of(const DistillOptions& options) {
  train::Recipe recipe = train::read_recipe(options.recipe);
  if (options.seed) recipe.seed = *options.seed;
  if (options.output) recipe.output = std::filesystem::absolute(*options.output).string();
  return recipe;
}

/// With all that was said on the command line and decides where and what the run is.
std::string resume_command(const DistillOptions& options) {
  std::string command = "retort distill " + options.recipe;
  if (options.output) command += " --output " + *options.output;
  if (options.seed) command += fmt::format(" --seed {}", *options.seed);
  return command + " --resume";
}

void dry_run(Context& ctx, const train::Recipe& recipe, const train::RunOptions& run, bool json) {
  train::CostReport costs = train::estimate_costs(ctx, recipe, run);
  if (!run.ranks->first()) return;
  if (json)
    JsonLines::print("costs", to_json(costs));
  else
    print_costs(costs);
}

void print_done(const std::string& folder, bool json) {
  if (json)
    JsonLines::print("done", {{"model", folder}});
  else
    fmt::print("\nThe student is in {}; try: retort run {}\n", printable(folder), printable(folder));
}

/// What all machines reach together.
double peak_of_all(train::Communicator& ranks, kernels::Isa isa, int threads) {
  double peak = 0;
  for (const std::string& one : ranks.gather(fmt::format("{}", peak_of(isa, threads))))
    peak += std::stod(one);
  return peak;
}

void run_on(train::Communicator& ranks, const DistillOptions& options, Stopping& stopping) {
  train::Recipe recipe;
  train::together(ranks, [&] { recipe = recipe_of(options); });
  const RankPlaces places = rank_places(ranks);
  const int threads = std::max(1, default_threads(read_topology()) / places.on_these_cores);
  ThreadPool pool(options.threads ? static_cast<int>(*options.threads) : threads);
  Arena arena;
  kernels::KernelTable kernels = kernels::kernel_table(kernels::choose_isa());
  Context ctx{pool, arena, kernels};
  train::RunOptions run{.resume = options.resume,
                        .resume_command = resume_command(options),
                        .ranks = &ranks,
                        .processes_here = places.on_this_machine};
  if (options.dry_run) return dry_run(ctx, recipe, run, options.json);

  run.peak_flops = peak_of_all(ranks, kernels.isa, pool.size());
  std::unique_ptr<train::RunObserver> observer = observer_of(stopping, ranks.first(), options.json);
  train::run_recipe(ctx, recipe, run, *observer);
  observer.reset();
  if (ranks.first()) print_done(recipe.resolve(recipe.output).string(), options.json);
}

/// Errors that all ranks share are told by the first. Of any other, a rank that ends without farewell, mpirun
/// makes the others' end.
int run(const DistillOptions& options) {
  Stopping stopping(options.recipe);  // before any thread
  std::unique_ptr<train::Communicator> ranks = train::make_communicator();
  try {
    run_on(*ranks, options, stopping);
    ranks->finish();
    return 0;
  } catch (const train::SharedError& error) {
    ranks->finish();
    if (ranks->first()) throw;
    return exit_status(error.code());
  } catch (const Error& error) {
    if (ranks->size() == 1) throw;
    throw error.with_context(fmt::format("rank {}", ranks->rank()));
  }
}

}  // namespace

int verb_distill(const Arguments& arguments) {
  DistillOptions options;
  Options parser(
      "distill",
      "Makes a student from a recipe. Says first what it will cost in memory and time, and refuses "
      "what memory will not do.\n"
      "Ctrl-C or a kill loses little: --resume goes on to the same weights, bit for bit.\n"
      "Under mpirun (Open MPI) 1, 2 or 4 processes share the work, to the same bits too.");
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
