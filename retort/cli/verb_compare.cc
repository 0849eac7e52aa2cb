// `retort compare`: asks several models the same problems, measures what they cost this machine, and says
// which to take for what.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/base/peak_memory.h"
#include "retort/base/progress_bar.h"
#include "retort/cli/checkpoint_summary.h"
#include "retort/cli/compare_tables.h"
#include "retort/cli/duration.h"
#include "retort/cli/evaluation.h"
#include "retort/cli/hardware_figures.h"
#include "retort/cli/hosted.h"
#include "retort/cli/measurement.h"
#include "retort/cli/output.h"
#include "retort/cli/plan_report.h"
#include "retort/cli/version.h"
#include "retort/eval/compare/comparison.h"
#include "retort/eval/compare/costs.h"
#include "retort/formats/model_names.h"
#include "retort/report/html_report.h"

namespace retort::cli {
namespace {

using namespace retort::eval;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Plan {
  std::vector<std::string> models;  // empty: the micro family
  std::vector<std::string> suites;
  SessionOptions session;  // of each that runs here
  HostedOptions hosted;
  std::optional<std::string> baseline;
  AskPlan ask;
  std::optional<int64_t> problems;
  std::vector<int64_t> think_budgets;
  std::string budget = "4m";
  std::optional<std::string> csv, report;
  double margin_points = 2;
  bool json = false, no_report = false;
};

bool parse(const Arguments& arguments, Plan& p) {
  const std::string about_suites =
      "what is asked; may be given several times (logic, dialogue, and functions for the micro family or "
      "proofs "
      "and code for others). " +
      suites_help();
  std::optional<double> margin;
  Options options(
      "compare",
      "Measures models side by side on this machine: the same problems for all, logic, code and "
      "hardware, every difference with its interval, and which model to take for what. Without a "
      "MODEL, the micro family. Every answer is kept in the journal: a stopped comparison goes on "
      "when the same command is given again.");
  options
      .positionals("MODEL", p.models,
                   "names such as micro-13, folders, GGUF files or hosted models (the micro family)")
      .option("--baseline", p.baseline, "URL#NAME",
              "a hosted model beside them, such as https://api.openai.com/v1#gpt-4o")
      .option_list("-s,--suite", p.suites, "NAME", about_suites.c_str())
      .one_of(suite_names())
      .option("--budget", p.budget, "TIME",
              "as many problems as fit, such as 90s, 10m or 2h, found by a small trial (4m)")
      .option("-n,--problems", p.problems, "N", "so many of each family and level, whatever time it takes")
      .within(1, 1'000'000);
  declare_ask_options(options, p.ask);
  options
      .number_list("--think-budgets", p.think_budgets, 0, 1 << 20, "N,N...",
                   "ask again with thoughts ended after so many tokens, for a curve (none; 4 to 64 for "
                   "the micro family)")
      .option("--margin", margin, "POINTS", "a loss smaller than this is no loss (2)")
      .within(0.1, 50);
  declare_session_options(options, p.session);
  declare_hosted_options(options, p.hosted);
  options.group("Output")
      .option("--report", p.report, "FILE",
              "the report: one HTML file with all of it (compare.html beside the journal)")
      .flag("--no-report", p.no_report, "write none")
      .option("--csv", p.csv, "FILE", "write all figures as a table")
      .flag("--json", p.json, "print JSON")
      .examples(
          "  retort compare                                    the micro family\n"
          "  retort compare micro-3 micro-13 --budget 10m\n"
          "  retort compare model.gguf --baseline https://api.openai.com/v1#gpt-4o\n"
          "  retort compare a.gguf b.gguf -n 200 --csv figures.csv");
  if (!options.parse(arguments)) return false;
  if (margin) p.margin_points = *margin;
  return true;
}

/// One model of the comparison; one that runs here is loaded for as long as it is asked.
struct Contender {
  std::string path, name;
  bool hosted() const { return looks_like_api(path); }
};

/// What fits the models, where nobody said otherwise.
void choose_defaults(Plan& plan) {
  const std::vector<std::string> family = model_names();
  const bool all_of_family =
      !plan.baseline && std::all_of(plan.models.begin(), plan.models.end(), [&](const auto& model) {
        return std::find(family.begin(), family.end(), model) != family.end();
      });
  if (plan.suites.empty())
    plan.suites = all_of_family ? std::vector<std::string>{"logic", "dialogue", "functions"}
                                : std::vector<std::string>{"logic", "dialogue", "proofs", "code"};
  if (plan.think_budgets.empty() && all_of_family) plan.think_budgets = {4, 8, 16, 32, 64};
}

/// Short names, unless two would be the same.
std::vector<Contender> contenders_of(const Plan& plan) {
  std::vector<std::string> paths = plan.models.empty() ? model_names() : plan.models;
  if (plan.baseline) {
    parse_api_endpoint(*plan.baseline);  // nothing else is a baseline
    paths.push_back(*plan.baseline);
  }
  std::vector<Contender> out;
  for (const std::string& path : paths) {
    const std::string file = looks_like_api(path)
                                 ? parse_api_endpoint(path).model
                                 : std::filesystem::path(path).lexically_normal().filename().string();
    const auto same = [&](const Contender& other) { return other.name == file; };
    const bool taken = file.empty() || std::any_of(out.begin(), out.end(), same);
    if (std::any_of(out.begin(), out.end(), [&](const Contender& c) { return c.path == path; }))
      fail(ErrorCode::bad_input, "compare: '{}' is named twice", path);
    out.push_back({path, taken ? path : file});
  }
  return out;
}

class Comparing {
 public:
  explicit Comparing(const Plan& plan)
      : plan_(plan), contenders_(contenders_of(plan)), journal_(open_journal(plan.ask.journal)) {}

  Comparison run() {
    const auto start = Clock::now();
    // Every path is looked for before any is asked.
    for (const Contender& contender : contenders_)
      contender.hosted() ? (void)hosted_subject(contender.path, plan_.hosted)
                         : (void)find_model(contender.path);
    require_sandbox_for(plan_.suites);
    const int64_t n = plan_.problems.value_or(0) > 0 ? *plan_.problems : affordable_problems();
    std::vector<ModelResult> models;
    for (const Contender& contender : contenders_)
      models.push_back(contender.hosted() ? measure_hosted(contender, n) : measure(contender, n));
    if (!plan_.json)
      fmt::print(stderr, "asked {} of each family and level in {}; the same again: -n {}\n", n,
                 format_seconds(seconds_since(start)), n);
    return compare(std::move(models), plan_.margin_points / 100);
  }

  /// Those whose files are here, for the report's plan: as they are, and in fewer bits.
  std::vector<report::PlannedModel> planned() const {
    std::vector<report::PlannedModel> models;
    for (const Contender& contender : contenders_)
      if (!contender.hosted())
        models.push_back({contender.name,
                          plan::find_shape(find_model(contender.path).string()),
                          {std::string(plan::kAsStored), "fp8", "q8_0", "q4_k_m"}});
    return models;
  }

 private:
  static constexpr int64_t kTrial = 4;  // problems of each family and level

  std::unique_ptr<Suite> suite(const std::string& name, int64_t problems) const {
    SuiteOptions options = plan_.ask.suite_options();
    options.problems = problems;
    return make_suite(name, options);
  }

  SuiteResult ask(Session& session, const Contender& contender, const std::string& suite_name, int64_t n,
                  std::optional<int64_t> think_budget = std::nullopt) {
    AskOptions ask = plan_.ask.ask_options(session.loaded);
    ask.thinking_budget = think_budget;
    const Asked asked = ask_suite(session, contender.name, suite_name, *suite(suite_name, n), ask,
                                  plan_.ask.running, journal_, interrupts_);
    return scored(asked.run, asked.metrics.answers > 0);
  }

  SuiteResult ask_hosted(const Contender& contender, const std::string& suite_name, int64_t n) {
    const AskedHosted asked =
        ask_hosted_suite(hosted_subject(contender.path, plan_.hosted), suite_name, *suite(suite_name, n),
                         plan_.ask.hosted_options(), journal_, interrupts_);
    return scored(asked.run, asked.metrics.answers > 0);
  }

  /// `anew`: the time that it takes is a part of this call's measurements.
  SuiteResult scored(const std::string& run, bool anew) {
    const auto start = Clock::now();
    SuiteResult out = score_with_progress(journal_, run, interrupts_);
    if (anew) journal_.add_call(run, utc_now(), {{"scoring_seconds", seconds_since(start)}});
    return out;
  }

  /// Seconds that the journal's calls of a run took, scoring included.
  double seconds_of(const std::string& run) const {
    double sum = 0;
    for (const Json& call : journal_.calls(run))
      sum += call.value("seconds", 0.0) + call.value("scoring_seconds", 0.0);
    return sum;
  }

  /// From the journal's times of a trial, so that the same command finds the same number when it is given
  /// again.
  int64_t affordable_problems() {
    const double budget = parse_duration(plan_.budget);
    double trial = 0;
    for (const Contender& contender : contenders_) trial += trial_seconds(contender);
    const double affordable = kTrial * std::max(0.0, budget - trial) / std::max(trial, 1e-3);
    if (affordable < kTrial)
      fmt::print(
          stderr,
          "retort: {} are too short: a trial of {} problems of each family and level takes {}, and is all "
          "that is asked\n",
          plan_.budget, kTrial, format_seconds(trial));
    // 1, 2, 5, 10, ...: two trials of nearly the same speed find the same number.
    int64_t n = kTrial;
    for (int64_t step : {5, 10, 20, 50, 100, 200, 500, 1000})
      if (static_cast<double>(step) <= affordable) n = step;
    return n;
  }

  /// What one model takes for all that it will be asked, at kTrial problems.
  double trial_seconds(const Contender& contender) {
    double sum = 0;
    if (contender.hosted()) {
      for (const std::string& name : plan_.suites)
        sum += seconds_of(ask_hosted(contender, name, kTrial).run.id);
      return sum;
    }
    SessionOptions options = plan_.session;
    options.path = contender.path;
    Session session(options, Repack::now, interrupts_);
    for (const std::string& name : plan_.suites) {
      const double seconds = seconds_of(ask(session, contender, name, kTrial).run.id);
      // The first suite is asked again with each budget of thought, which takes half as long or less.
      const bool again = name == plan_.suites.front();
      sum += seconds * (again ? 1 + 0.5 * static_cast<double>(plan_.think_budgets.size()) : 1);
    }
    return sum;
  }

  ModelResult measure(const Contender& contender, int64_t n) {
    reset_peak_memory();
    SessionOptions options = plan_.session;
    options.path = contender.path;
    const auto start = Clock::now();
    Session session(options, Repack::now, interrupts_);
    const double load_seconds = seconds_since(start);
    ModelResult out{.name = contender.name};
    describe(session, out);
    for (const std::string& name : plan_.suites) out.suites.push_back(ask(session, contender, name, n));
    for (int64_t budget : plan_.think_budgets) add_budget(session, contender, budget, n, out);
    add_hardware(session, load_seconds, out);
    return out;
  }

  ModelResult measure_hosted(const Contender& contender, int64_t n) {
    ModelResult out{.name = contender.name, .hosted = true};
    for (const std::string& name : plan_.suites) out.suites.push_back(ask_hosted(contender, name, n));
    const SuiteResult& first = out.suites.front();
    for (HardwareFigure& figure : costs_of(first, journal_.calls(first.run.id)))
      out.hardware.push_back(std::move(figure));
    add_first_token(first, out);
    add_price(first, out);
    return out;
  }

  /// Of the answers that came, as the network brought them.
  static void add_first_token(const SuiteResult& result, ModelResult& out) {
    std::vector<double> seconds;
    for (const Sample& sample : result.samples)
      if (sample.status == SampleStatus::ok) seconds.push_back(sample.prefill_seconds);
    if (seconds.empty()) return;
    const Spread s = spread(seconds);
    out.hardware.push_back({.id = "time_to_first_token_seconds",
                            .value = s.median,
                            .low = s.median - s.half_range,
                            .high = s.median + s.half_range,
                            .run = result.run.id,
                            .note = fmt::format("median of {} answers, with the network", seconds.size())});
  }

  void add_price(const SuiteResult& result, ModelResult& out) const {
    const Json cost = cost_json(out.name, result.samples, plan_.hosted.prices);
    const std::optional<double> solved = solved_items(result);
    if (cost.is_null() || cost.at("currency") != "USD" || !solved || *solved <= 0) return;
    out.hardware.push_back({.id = "price_per_solved",
                            .value = cost.at("amount").get<double>() / *solved,
                            .low = {},
                            .high = {},
                            .run = result.run.id,
                            .note = fmt::format("measured tokens at prices published {} ({})",
                                                cost.at("price").at("published").get<std::string>(),
                                                cost.at("price").at("source").get<std::string>())});
  }

  static void describe(const Session& session, ModelResult& out) {
    const CheckpointSummary summary = summarize(session.loaded.checkpoint);
    out.parameters = static_cast<int64_t>(summary.parameters);
    out.active_parameters = static_cast<int64_t>(summary.active_parameters);
    out.weights_bytes = static_cast<int64_t>(summary.tensor_bytes);
    out.format = summary.types.empty() ? "" : summary.types.front().type;
  }

  /// The first suite again, with thoughts cut: the same seeds give the same thoughts up to the cut.
  void add_budget(Session& session, const Contender& contender, int64_t budget, int64_t n, ModelResult& out) {
    const SuiteResult result = ask(session, contender, plan_.suites.front(), n, budget);
    for (const Figure& figure : result.scores.figures) {
      if (figure.row_id() != "correct" && figure.row_id() != "code.solved") continue;
      out.budgets.push_back({budget, result.run.id, figure.estimate});
      break;
    }
  }

  void add_hardware(Session& session, double load_seconds, ModelResult& out) {
    const SuiteResult& first = out.suites.front();
    const std::string& run = first.run.id;
    const auto add = [&](const char* id, double value, const char* note) {
      out.hardware.push_back({.id = id, .value = value, .low = {}, .high = {}, .run = run, .note = note});
    };
    add("weights_bytes", static_cast<double>(out.weights_bytes), "as stored");
    add("peak_memory_bytes", static_cast<double>(peak_memory_bytes()),
        "of the process while it loaded and answered");
    add("load_seconds", load_seconds, "file cache as it was");
    for (HardwareFigure& figure : measure_speeds(session, static_cast<int64_t>(first.summary.prompt_tokens),
                                                 run, [&] { interrupts_.throw_if_any(); }))
      out.hardware.push_back(std::move(figure));
    for (HardwareFigure& figure : costs_of(first, journal_.calls(run)))
      out.hardware.push_back(std::move(figure));
  }

  const Plan& plan_;
  Interrupts interrupts_;
  std::vector<Contender> contenders_;
  Journal journal_;
};

Json comparison_json(const Comparison& comparison, bool with_samples) {
  Json out{{"retort", version_line()}, {"generated", utc_now()}};
  out["machine"] = {{"name", machine_name(read_topology())},
                    {"threads", default_threads(read_topology())},
                    {"isa", kernels::name(kernels::choose_isa())}};
  out.update(to_json(comparison, with_samples));
  return out;
}

/// Speeds of one request, which the plan predicts too.
Json measured_speeds(const Comparison& comparison, const std::string& device) {
  Json out = Json::array();
  for (const ModelResult& model : comparison.models)
    for (const auto& [id, phase] :
         {std::pair{"decode_tokens_per_second", "decode"}, {"prefill_tokens_per_second", "prefill"}})
      if (const HardwareFigure* figure = model.hardware_figure(id);
          figure != nullptr && positions_of(*figure) > 0)
        out.push_back({{"model", model.name},
                       {"format", plan::kAsStored},
                       {"device", device},
                       {"phase", phase},
                       {"users", 1},
                       {"context", positions_of(*figure)},
                       {"tokens_per_second", figure->value},
                       {"run", figure->run}});
  return out;
}

/// What devices that many have, and this one where it is calibrated, would do with these models.
Json planned_json(const Comparison& comparison, const std::vector<report::PlannedModel>& models) {
  const plan::DeviceCatalogue catalogue = plan::DeviceCatalogue::with_users();
  const std::vector<plan::Device> devices = report_devices(catalogue);
  plan::PlanRequest request;
  request.load.threads = static_cast<int>(default_threads(read_topology()));
  request.prices = plan::read_prices();
  Json out = report::plan_data(models, devices, request);
  if (const auto here = calibrated_machine(catalogue))
    out["measured"] = measured_speeds(comparison, here->name);
  return out;
}

/// Where the report goes unless somebody says otherwise: beside the journal.
std::filesystem::path report_path(const Plan& plan) {
  if (plan.report) return *plan.report;
  const std::filesystem::path journal =
      plan.ask.journal ? std::filesystem::path(*plan.ask.journal) : default_journal_path();
  return std::filesystem::absolute(journal).parent_path() / "compare.html";
}

/// Before anything is asked: an hour later would be late to learn that a file has no folder.
void require_folder_of(const std::filesystem::path& file) {
  const std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
  if (!std::filesystem::is_directory(folder))
    fail(ErrorCode::bad_input, "{}: there is no folder {}; make it, or name another file", file.string(),
         folder.string());
}

}  // namespace

int verb_compare(const Arguments& arguments) {
  Plan plan;
  if (!parse(arguments, plan)) return 0;
  choose_defaults(plan);
  if (plan.csv) require_folder_of(*plan.csv);
  if (plan.report && !plan.no_report) require_folder_of(*plan.report);
  Comparing comparing(plan);
  const Comparison comparison = comparing.run();
  if (plan.csv) write_file_atomic(*plan.csv, to_csv(comparison));
  if (plan.json)
    print_json(comparison_json(comparison, false));
  else
    print_comparison(comparison);
  if (!plan.no_report) {
    const std::filesystem::path path = report_path(plan);
    Json content = comparison_json(comparison, true);
    content["plan"] = planned_json(comparison, comparing.planned());
    write_file_atomic(path, report::html_report(content));
    fmt::print(plan.json ? stderr : stdout, "\nreport: {}\n", path.string());
  }
  return 0;
}

}  // namespace retort::cli
