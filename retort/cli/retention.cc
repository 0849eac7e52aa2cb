#include "retort/cli/retention.h"

#include <fmt/core.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <tuple>

#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/base/peak_memory.h"
#include "retort/base/progress_bar.h"
#include "retort/base/topology.h"
#include "retort/cli/card_table.h"
#include "retort/cli/checkpoint_summary.h"
#include "retort/cli/hardware_figures.h"
#include "retort/cli/held_out_text.h"
#include "retort/cli/measurement.h"
#include "retort/cli/version.h"
#include "retort/compress/divergence.h"
#include "retort/formats/model_names.h"

namespace retort::cli {
namespace {

using Clock = std::chrono::steady_clock;
using eval::HardwareFigure;
using eval::SuiteResult;
using report::CardSide;
using report::RetentionCard;

/// Models of up to so many weights answer 400 problems in a minute or so, even on two cores.
constexpr int64_t kSmallModel = 50'000'000;
constexpr int64_t kProblems = 50;
constexpr int64_t kTokensOfSmall = 16384, kTokensOfLarge = 2048;

bool is_small(const CardSide& side) {
  return side.size.all().weights <= kSmallModel;
}

std::string name_of(const std::string& path) {
  const auto name = std::filesystem::path(path).lexically_normal();
  return (name.has_filename() ? name : name.parent_path()).filename().string();
}

/// The same model, running alike: one in memory serves both sides.
bool is_same(const SessionOptions& a, const SessionOptions& b) {
  return std::tie(a.path, a.kv, a.sparsity, a.sparsity_file) ==
         std::tie(b.path, b.kv, b.sparsity, b.sparsity_file);
}

CardSide describe(const SessionOptions& options, const Session& session) {
  const Checkpoint& checkpoint = session.loaded.checkpoint;
  return {.name = name_of(options.path),
          .container = checkpoint.layout() == Layout::gguf ? "GGUF" : "safetensors",
          .architecture = session.loaded.config.architecture,
          .weights_checksum = weights_checksum(checkpoint),
          .size = report::model_size(checkpoint, session.loaded.config),
          .kv = options.kv,
          .sparsity = options.sparsity.value_or(0),
          .random_weights = weights_are_random(checkpoint)};
}

/// What one model was asked and timed, alone.
struct SideResult {
  CardSide side;
  std::vector<SuiteResult> suites;
};

class Retaining {
 public:
  Retaining(const SessionOptions& source, const SessionOptions& output, const RetentionOptions& options,
            Interrupts& interrupts)
      : source_(source), output_(output), options_(options), interrupts_(interrupts) {}

  RetentionCard run() {
    for (const SessionOptions* side : {&source_, &output_}) (void)find_model(side->path);
    start_card();
    SideResult before = measure(source_), after = measure(output_);
    card_.source = std::move(before.side);
    card_.output = std::move(after.side);
    for (size_t i = 0; i < before.suites.size(); ++i) {
      note_prompts(before.suites[i], after.suites[i]);
      card_.suites.push_back(report::retention_of(before.suites[i], after.suites[i], card_.margin));
    }
    if (card_.source.weights_checksum == card_.output.weights_checksum)
      card_.notes.push_back("The two have the same weights.");
    compare_predictions();
    return std::move(card_);
  }

 private:
  void start_card() {
    const Topology topology = read_topology();
    card_.run = new_run_id();
    card_.generated = utc_now();
    card_.program = version_line();
    card_.machine = machine_name(topology);
    card_.isa = kernels::name(kernels::choose_isa());
    card_.threads =
        static_cast<int>(source_.threads.value_or(static_cast<int64_t>(default_threads(topology))));
    card_.margin = options_.margin_points / 100;
  }

  SideResult measure(const SessionOptions& options) {
    reset_peak_memory();
    const auto start = Clock::now();
    Session session(options, Repack::now, interrupts_);
    const double load_seconds = std::chrono::duration<double>(Clock::now() - start).count();
    SideResult out{.side = describe(options, session), .suites = {}};
    if (const int64_t problems = problems_for(out.side, session); problems > 0)
      for (const std::string& suite : options_.suites)
        out.suites.push_back(ask(session, out.side.name, suite, problems));
    if (!options_.no_speed) add_hardware(session, load_seconds, out);
    return out;
  }

  /// How many are asked is decided once, by the source, and holds for both.
  int64_t problems_for(const CardSide& side, const Session& session) {
    if (problems_) return *problems_;
    problems_ = options_.problems.value_or(is_small(side) && !side.random_weights ? kProblems : 0);
    if (side.random_weights)
      card_.notes.push_back(
          "The source's weights are random: what it says is noise, and the divergence that of a random "
          "function; "
          "only sizes and speeds are those of the shape.");
    if (*problems_ == 0 && !options_.problems)
      card_.notes.push_back(
          fmt::format("No problems were asked: {}.", side.random_weights
                                                         ? "random weights answer none"
                                                         : "a model of this size takes long to answer them; "
                                                           "`retort diff SOURCE OUTPUT -n 50` does"));
    if (*problems_ > 0 && !session.loaded.chat_template) {
      card_.notes.push_back("No problems were asked: " + session.loaded.chat_template_problem);
      problems_ = 0;
    }
    // A GGUF does not say how to sample: both are asked as the source wants it.
    sampling_ = options_.ask.ask_options(session.loaded);
    return *problems_;
  }

  SuiteResult ask(Session& session, const std::string& name, const std::string& suite_name,
                  int64_t problems) {
    eval::SuiteOptions suite_options = options_.ask.suite_options();
    suite_options.problems = problems;
    const auto suite = eval::make_suite(suite_name, suite_options);
    eval::Journal& journal = this->journal();
    const Asked asked =
        ask_suite(session, name, suite_name, *suite, sampling_, options_.ask.running, journal, interrupts_);
    return score_with_progress(journal, asked.run, interrupts_);
  }

  eval::Journal& journal() {
    if (!journal_) journal_.emplace(open_journal(options_.ask.journal));
    return *journal_;
  }

  void add_hardware(Session& session, double load_seconds, SideResult& out) {
    const auto add = [&](const char* id, double value, const char* note) {
      out.side.hardware.push_back(
          {.id = id, .value = value, .low = {}, .high = {}, .run = card_.run, .note = note});
    };
    add("weights_bytes", static_cast<double>(session.loaded.checkpoint.tensor_bytes()), "as stored");
    add("peak_memory_bytes", static_cast<double>(peak_memory_bytes()),
        out.suites.empty() ? "of the process while it loaded"
                           : "of the process while it loaded and answered");
    add("load_seconds", load_seconds, "file cache as it was");
    const int64_t prompt =
        out.suites.empty() ? 64 : static_cast<int64_t>(out.suites.front().summary.prompt_tokens);
    for (HardwareFigure& figure :
         measure_speeds(session, prompt, card_.run, [&] { interrupts_.throw_if_any(); }))
      out.side.hardware.push_back(std::move(figure));
  }

  /// Another template in the output would make other questions of the same problems.
  void note_prompts(const SuiteResult& before, const SuiteResult& after) {
    if (before.samples.empty() || after.samples.empty()) return;
    if (before.samples.front().prompt != after.samples.front().prompt)
      card_.notes.push_back(
          fmt::format("{}: the two models' chat templates differ, so their prompts do: a part of any "
                      "difference is theirs.",
                      before.suite));
  }

  void compare_predictions() {
    Session a(source_, Repack::now, interrupts_);
    std::optional<Session> other;
    if (!is_same(source_, output_)) other.emplace(output_, Repack::now, interrupts_);
    const Session& b = other ? *other : a;
    compress::require_same_tokens(a.loaded.tokenizer, b.loaded.tokenizer);
    HeldOutTextOptions text{.file = options_.text,
                            .levels = options_.ask.levels,
                            .seed = static_cast<uint64_t>(options_.ask.seed)};
    text.tokens = options_.tokens.value_or(is_small(card_.source) ? kTokensOfSmall : kTokensOfLarge);
    text.max_length = std::min(text.max_length, b.loaded.config.max_position_embeddings);
    const HeldOutTexts texts = held_out_texts(a.loaded, text);
    card_.texts = texts.about;
    ProgressBar bar(stderr, ProgressUnit::count);
    card_.divergence = compress::measure_divergence(
        a.context, {*a.loaded.model, a.kv}, {*b.loaded.model, b.kv}, texts.documents,
        {.check = [&] { interrupts_.throw_if_any(); }, .progress = bar.function()});
  }

  SessionOptions source_, output_;
  const RetentionOptions& options_;
  Interrupts& interrupts_;
  RetentionCard card_;
  std::optional<int64_t> problems_;
  eval::AskOptions sampling_;
  std::optional<eval::Journal> journal_;
};

}  // namespace

RetentionCard measure_retention(const SessionOptions& source, const SessionOptions& output,
                                const RetentionOptions& options, Interrupts& interrupts) {
  return Retaining(source, output, options, interrupts).run();
}

CardPaths card_in_folder(const std::filesystem::path& folder) {
  return {folder / "card.json", folder / "card.md"};
}

CardPaths card_beside(const std::filesystem::path& output) {
  if (std::filesystem::is_directory(output)) return card_in_folder(output);
  std::filesystem::path json = output, markdown = output;
  return {json.replace_extension(".card.json"), markdown.replace_extension(".card.md")};
}

void write_card(const RetentionCard& card, const CardPaths& paths) {
  write_file_atomic(paths.json, to_json(card).dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
  write_file_atomic(paths.markdown, to_markdown(card));
}

void declare_card_options(Options& options, CardOptions& card) {
  options.group("Retention card")
      .flag("--no-card", card.no_card, "write no card: nothing is measured")
      .option("--card-problems", card.problems, "N",
              "problems of each family and level that both models are asked (50 for models of up to 50 M "
              "weights, else 0)")
      .within(0, 1'000'000)
      .option("--card-journal", card.journal, "FILE", "where their answers are kept (the journal of `eval`)");
}

std::optional<RetentionCard> card_of_output(const CardOptions& options, const SessionOptions& like,
                                            const std::string& source, const std::filesystem::path& output,
                                            report::CardRecipe recipe, Interrupts& interrupts, bool json) {
  if (options.no_card) return std::nullopt;
  SessionOptions a = like, b = like;
  a.path = source;
  b.path = output.string();
  RetentionOptions retention;
  retention.problems = options.problems;
  retention.ask.journal = options.journal;
  RetentionCard card;
  try {
    card = measure_retention(a, b, retention, interrupts);
  } catch (const Error& error) {
    throw error.with_context(fmt::format(
        "{} is written and whole, only its card is missing (`retort diff` makes one)", name_of(b.path)));
  }
  card.recipe = std::move(recipe);
  const CardPaths paths = card_beside(output);
  write_card(card, paths);
  if (json) return card;
  print_card(card);
  fmt::print("card: {}\n", paths.markdown.string());
  return card;
}

}  // namespace retort::cli
