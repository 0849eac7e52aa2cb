// `retort eval`: asks a model the problems of a suite, journals every answer, and scores them. `list`, `show`
// and `rescore` look at what the journal has.
#include <fmt/core.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>

#include "retort/base/error.h"
#include "retort/base/progress_bar.h"
#include "retort/base/terminal.h"
#include "retort/cli/eval_tables.h"
#include "retort/cli/evaluation.h"
#include "retort/cli/hosted.h"
#include "retort/cli/interrupts.h"
#include "retort/cli/options.h"
#include "retort/cli/output.h"
#include "retort/cli/session.h"
#include "retort/eval/compare/costs.h"
#include "retort/eval/journal/journal.h"
#include "retort/eval/runner.h"
#include "retort/eval/sandbox/selftest.h"
#include "retort/eval/suite.h"
#include "retort/eval/suite_run.h"
#include "retort/model/input_pruning.h"

namespace retort::cli {
namespace {

using namespace retort::eval;

struct Plan {
  SessionOptions session;
  HostedOptions hosted;
  std::string suite = "logic";
  AskPlan ask;
  bool json = false;
};

bool parse(const Arguments& arguments, Plan& p) {
  const std::string about_suites = suites_help() + " (logic)";
  Options options("eval",
                  "Asks a model the problems of a suite and scores its answers. Every answer is kept in the "
                  "journal, so a stopped run goes on when the same command is given again.");
  options
      .positional(
          "MODEL", p.session.path,
          "a name such as micro-13, a folder, a GGUF file or a hosted model (https://host/v1#name); or "
          "`list`, `show RUN`, `rescore RUN`, `selftest`")
      .option("-s,--suite", p.suite, "NAME", about_suites.c_str())
      .one_of(suite_names())
      .option("-n,--problems", p.ask.problems, "N",
              "different held-out problems of each family and level (100)")
      .within(1, 1'000'000);
  declare_ask_options(options, p.ask);
  options.option("--think-budget", p.ask.think_budget, "N", "end a thought after so many tokens")
      .within(0, 1 << 20);
  declare_session_options(options, p.session);
  declare_hosted_options(options, p.hosted);
  options.group("Output")
      .flag("--json", p.json, "print JSON")
      .examples(
          "  retort eval micro-13\n"
          "  retort eval micro-13 --suite dialogue -n 50\n"
          "  retort eval model.gguf --temperature 0 --json\n"
          "  retort eval https://api.openai.com/v1#gpt-4o --requests-per-minute 60\n"
          "  retort eval list\n"
          "  retort eval show 3fa91c02d4e5              every answer of a run\n"
          "  retort eval rescore 3fa91c02d4e5           its scores again, from the journal alone\n"
          "  retort eval selftest                       tries to break out of the sandbox for models' code");
  return options.parse(arguments);
}

Json run_json(const RunRecord& run) {
  return {{"run", run.id},
          {"obtained", "measured"},
          {"key", parse_json(run.key, "journal")},
          {"about", parse_json(run.about, "journal")},
          {"begun", run.started},
          {"ended", run.ended.empty() ? Json(nullptr) : Json(run.ended)},
          {"answers", run.samples}};
}

/// What one call did, as each kind of model tells it.
struct Call {
  Json json;
  std::function<void()> print;
};

/// Of a hosted model; absent for one that runs here.
std::optional<Json> cost_of_run(const SuiteResult& result, const std::optional<std::string>& prices) {
  const Json key = parse_json(result.run.key, "journal");
  if (!key.at("model").contains("api")) return std::nullopt;
  return cost_json(key.at("model").value("name", ""), result.samples, prices);
}

/// Scores from what the journal has of a run, and from nothing else.
void print_run(const Journal& journal, const std::string& id, bool json, const Call* call,
               Interrupts& interrupts, const std::optional<std::string>& prices = {}) {
  const SuiteResult result = score_with_progress(journal, id, interrupts);
  const std::optional<Json> cost = cost_of_run(result, prices);
  if (json) {
    Json out = run_json(result.run);
    out["scores"] = scores_json(result);
    if (cost) out["failed"] = count_failed(result.samples);
    if (cost) out["cost"] = *cost;
    if (call != nullptr) out["call"] = call->json;
    print_json(out);
    return;
  }
  const Json about = parse_json(result.run.about, "journal");
  print_heading(fmt::format("{} (every figure is measured, by run {})", printable(about.value("model", "")),
                            result.run.id));
  print_scores(result);
  if (cost) {
    print_cost(*cost);
    print_row("API errors", fmt::format("{} answers, not scored", count_failed(result.samples)));
  }
  if (call != nullptr) call->print();
}

int evaluate(const Plan& plan) {
  Interrupts interrupts;
  Journal journal = open_journal(plan.ask.journal);
  const auto suite = make_suite(plan.suite, plan.ask.suite_options());
  Session session(plan.session, Repack::now, interrupts);
  std::string name = std::filesystem::path(plan.session.path).filename().string();
  const InputPruning* pruning = session.input_pruning();
  if (pruning != nullptr) name += fmt::format(" ({:g} % sparsity)", 100 * *plan.session.sparsity);
  const Asked asked = ask_suite(session, name, plan.suite, *suite, plan.ask.ask_options(session.loaded),
                                plan.ask.running, journal, interrupts);
  Json metrics = eval::to_json(asked.metrics);
  if (pruning != nullptr)
    metrics["sparsity"] = {
        {"asked", *plan.session.sparsity}, {"skipped", pruning->skipped()}, {"obtained", "measured"}};
  const Call call{std::move(metrics), [&] {
                    print_run_metrics(asked.metrics);
                    if (pruning != nullptr)
                      print_row("sparsity",
                                fmt::format("{:.1f} % of the products in {} of matrices skipped",
                                            100 * pruning->skipped(), format_bytes(pruning->bytes())));
                  }};
  print_run(journal, asked.run, plan.json, &call, interrupts);
  return 0;
}

int evaluate_hosted(const Plan& plan) {
  Interrupts interrupts;
  const ApiSubject subject = hosted_subject(plan.session.path, plan.hosted);
  const ApiAskOptions ask = plan.ask.hosted_options();
  Journal journal = open_journal(plan.ask.journal);
  const auto suite = make_suite(plan.suite, plan.ask.suite_options());
  const AskedHosted asked = ask_hosted_suite(subject, plan.suite, *suite, ask, journal, interrupts);
  const Call call{cli::to_json(asked.metrics), [&] { print_hosted_metrics(asked.metrics); }};
  print_run(journal, asked.run, plan.json, &call, interrupts, plan.hosted.prices);
  if (asked.metrics.failed == 0) return 0;
  // No Error: the figures stand, and with --json they are the one document.
  fmt::print(
      stderr,
      "retort: {}: {} answers failed (`retort eval show {}` says how); the same command asks them again\n",
      subject.endpoint.base_url(), asked.metrics.failed, asked.run);
  return exit_status(ErrorCode::resource);
}

/// The words that look at the journal instead of asking.
struct Look {
  std::string what, run;
  std::optional<std::string> journal, item, prices;
  bool json = false;
};

bool parse(const Arguments& arguments, Look& look) {
  const bool needs_run = look.what != "list";
  Options options("eval " + look.what, look.what == "list"
                                           ? "Lists the runs of the journal, the newest first."
                                       : look.what == "show" ? "Shows the answers of a run."
                                                             : "Scores a run again, from the journal alone.");
  if (needs_run) options.positional("RUN", look.run, "its id, or the beginning of it");
  if (look.what == "show") options.option("--item", look.item, "ID", "the answers to one problem (all)");
  if (look.what == "rescore")
    options.option("--prices", look.prices, "FILE", "of hosted models, for a million tokens (docs/eval.md)");
  options.option("--journal", look.journal, "FILE", "(~/.local/share/retort/journal.sqlite)")
      .flag("--json", look.json, "print JSON");
  return options.parse(arguments);
}

void show(const Journal& journal, const Look& look) {
  const RunRecord run = journal.find(look.run);
  Json all = Json::array();
  for (const Sample& sample : journal.samples(run.id)) {
    if (look.item && sample.key.item != *look.item) continue;
    if (look.json)
      all.push_back(eval::to_json(sample));
    else
      print_sample(sample);
  }
  if (!look.json) return;
  Json out = run_json(run);
  out["samples"] = std::move(all);
  print_json(out);
}

int look_at(const Look& look) {
  const Journal journal = open_journal(look.journal);
  if (look.what == "show") {
    show(journal, look);
  } else if (look.what == "rescore") {
    Interrupts interrupts;
    print_run(journal, look.run, look.json, nullptr, interrupts, look.prices);
  } else if (look.json) {
    Json all = Json::array();
    for (const RunRecord& run : journal.runs()) all.push_back(run_json(run));
    print_json(Json{{"runs", std::move(all)}});
  } else {
    print_runs(journal.runs());
  }
  return 0;
}

constexpr size_t kDetail = 60;  // characters of how an attempt ended, in the table

int test_sandbox(const Arguments& arguments) {
  bool json = false;
  Options options(
      "eval selftest",
      "Makes every attempt to break out of the sandbox in which code that models wrote will run. Exits 1 "
      "if one succeeds or could not be made.");
  options.flag("--json", json, "print JSON");
  if (!options.parse(arguments)) return 0;
  Interrupts interrupts;
  std::vector<std::vector<std::string>> rows = {{"attempt", "outcome", "how it ended"}};
  Json all = Json::array();
  const size_t n = attempts().size();
  ProgressBar bar(stderr, ProgressUnit::count);
  const SelfTestReport report = sandbox_selftest(Sandbox(), [&](const AttemptReport& attempt) {
    interrupts.throw_if_any();
    rows.push_back({attempt.attempt, std::string(name(attempt.outcome)), attempt.detail.substr(0, kDetail)});
    all.push_back({{"attempt", attempt.attempt},
                   {"outcome", name(attempt.outcome)},
                   {"detail", attempt.detail},
                   {"seconds", attempt.wall_seconds}});
    bar.update("attempts", rows.size() - 1, n);
  });
  bar.finish();
  if (json) {
    print_json(Json{{"sound", report.sound()}, {"attempts", std::move(all)}});
  } else {
    print_table(rows);
    fmt::print("\n{} attempts; the sandbox is {}\n", report.attempts.size(),
               report.sound() ? "sound" : "NOT sound");
  }
  return report.sound() ? 0 : 1;
}

}  // namespace

int verb_eval(const Arguments& arguments) {
  if (!arguments.empty() && arguments.front() == "selftest")
    return test_sandbox({arguments.begin() + 1, arguments.end()});
  for (const char* what : {"list", "show", "rescore"}) {
    if (arguments.empty() || arguments.front() != what) continue;
    Look look{.what = what};
    return parse({arguments.begin() + 1, arguments.end()}, look) ? look_at(look) : 0;
  }
  Plan plan;
  if (!parse(arguments, plan)) return 0;
  return looks_like_api(plan.session.path) ? evaluate_hosted(plan) : evaluate(plan);
}

}  // namespace retort::cli
