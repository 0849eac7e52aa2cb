// `retort eval`: asks a model the problems of a suite, journals every answer, and scores them. `list`, `show`
// and `rescore` look at what the journal has.
#include <fmt/chrono.h>
#include <fmt/core.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "retort/base/error.h"
#include "retort/base/progress_bar.h"
#include "retort/base/terminal.h"
#include "retort/cli/eval_tables.h"
#include "retort/cli/interrupts.h"
#include "retort/cli/measurement.h"
#include "retort/cli/options.h"
#include "retort/cli/output.h"
#include "retort/cli/session.h"
#include "retort/cli/version.h"
#include "retort/eval/journal/journal.h"
#include "retort/eval/runner.h"
#include "retort/eval/sandbox/selftest.h"
#include "retort/eval/suite.h"
#include "retort/eval/suite_run.h"

namespace retort::cli {
namespace {

using namespace retort::eval;

struct Plan {
  SessionOptions session;
  std::string suite = "logic";
  std::vector<int64_t> levels{1, 2};
  int64_t problems = 100, samples = 1, seed = 1, max_new_tokens = 1024, running = 64;
  std::optional<int64_t> think_budget;
  std::optional<double> temperature, top_p;
  std::optional<std::string> journal, file;
  bool json = false;
};

bool parse(const Arguments& arguments, Plan& p) {
  std::vector<std::string> names;
  std::string about;  // becomes the help
  for (const SuiteRow& suite : suites()) {
    names.emplace_back(suite.name);
    about += fmt::format("{}{}: {}", about.empty() ? "" : "; ", suite.name, suite.summary);
  }
  about += " (logic)";
  Options options("eval",
                  "Asks a model the problems of a suite and scores its answers. Every answer is kept in the "
                  "journal, so a stopped run goes on when the same command is given again.");
  options
      .positional("MODEL", p.session.path,
                  "a name such as micro-13, a folder or a GGUF file; or `list`, `show RUN`, `rescore RUN`, "
                  "`selftest`")
      .option("-s,--suite", p.suite, "NAME", about.c_str())
      .one_of(names)
      .number_list("-l,--levels", p.levels, 1, 6, "N,N...", "levels of difficulty, 1 to 6 (1,2)")
      .option("-n,--problems", p.problems, "N", "different held-out problems of each family and level (100)")
      .within(1, 1'000'000)
      .option("--file", p.file, "PATH", "the problems of a suite that is read from a file")
      .option("--samples", p.samples, "N", "answers to each problem (1)")
      .within(1, 1024)
      .option("--seed", p.seed, "N", "other problems and other samples (1)")
      .within(0, 9e15)
      .group("Sampling")
      .option("--temperature", p.temperature, "X", "0: always the likeliest token (the model's own)")
      .within(0, 100)
      .option("--top-p", p.top_p, "X", "(the model's own)")
      .within(0, 1)
      .option("--max-new-tokens", p.max_new_tokens, "N", "of an answer, thought included (1024)")
      .within(1, 1 << 20)
      .option("--think-budget", p.think_budget, "N", "end a thought after so many tokens")
      .within(0, 1 << 20)
      .group("Running")
      .option("--running", p.running, "N", "answers computed at once; changes none of them (64)")
      .within(1, 1024);
  declare_session_options(options, p.session);
  options.option("--journal", p.journal, "FILE", "(~/.local/share/retort/journal.sqlite)")
      .flag("--json", p.json, "print JSON")
      .examples(
          "  retort eval micro-13\n"
          "  retort eval micro-13 --suite dialogue --levels 6 -n 50\n"
          "  retort eval model.gguf --temperature 0 --json\n"
          "  retort eval list\n"
          "  retort eval show 3fa91c02d4e5              every answer of a run\n"
          "  retort eval rescore 3fa91c02d4e5           its scores again, from the journal alone\n"
          "  retort eval selftest                       tries to break out of the sandbox for models' code");
  return options.parse(arguments);
}

std::string utc_now() {
  return fmt::format("{:%FT%TZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

Journal open_journal(const std::optional<std::string>& path) {
  return Journal::open(path ? std::filesystem::path(*path) : default_journal_path());
}

AskOptions ask_options(const Plan& p, const LoadedModel& model) {
  AskOptions ask{.sampling = model.default_sampling(),
                 .samples = p.samples,
                 .max_new_tokens = p.max_new_tokens,
                 .thinking_budget = p.think_budget};
  if (p.temperature) ask.sampling.temperature = static_cast<float>(*p.temperature);
  if (p.top_p) ask.sampling.top_p = static_cast<float>(*p.top_p);
  ask.sampling.seed = static_cast<uint64_t>(p.seed);
  return ask;
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

Json to_json(const RunMetrics& m) {
  return {{"seconds", m.seconds},
          {"model_seconds", m.model_seconds},
          {"answers", m.answers},
          {"generated_tokens", m.generated_tokens},
          {"prompt_tokens", m.prompt_tokens},
          {"computed_prompt_tokens", m.computed_prompt_tokens},
          {"preemptions", m.preemptions}};
}

/// Scores from what the journal has of a run, and from nothing else.
void print_run(const Journal& journal, const std::string& id, bool json, const RunMetrics* metrics,
               Interrupts& interrupts) {
  ProgressBar bar(stderr, ProgressUnit::count);
  const SuiteResult result =
      score_run(journal, id, {.check = [&] { interrupts.throw_if_any(); }, .progress = bar.function()});
  bar.finish();
  if (json) {
    Json out = run_json(result.run);
    out["scores"] = scores_json(result);
    if (metrics != nullptr) out["call"] = to_json(*metrics);
    print_json(out);
    return;
  }
  const Json about = parse_json(result.run.about, "journal");
  print_heading(fmt::format("{} (every figure is measured, by run {})", printable(about.value("model", "")),
                            result.run.id));
  print_scores(result);
  if (metrics != nullptr) print_run_metrics(*metrics);
}

int evaluate(const Plan& plan) {
  Interrupts interrupts;
  Journal journal = open_journal(plan.journal);
  const auto suite = make_suite(plan.suite, {.levels = plan.levels,
                                             .problems = plan.problems,
                                             .seed = static_cast<uint64_t>(plan.seed),
                                             .file = plan.file.value_or("")});
  const std::vector<Item> items = suite->items();

  Session session(plan.session, Repack::now, interrupts);
  const Subject subject{session.loaded, session.context, session.kv};
  const AskOptions ask = ask_options(plan, session.loaded);
  const Json key{{"version", version_line()},
                 {"model", fingerprint(subject)},
                 {"suite", plan.suite},
                 {"tasks", suite->key()},
                 {"ask", eval::to_json(ask)}};
  const Json about{{"model", std::filesystem::path(plan.session.path).filename().string()},
                   {"machine", machine_name(read_topology())},
                   {"threads", session.pool.size()}};
  const std::string run = journal.begin(key, about, utc_now());
  ProgressBar bar(stderr, ProgressUnit::count);
  RunMetrics metrics;
  try {
    metrics = ask_all(subject, items, ask, journal, run,
                      {.max_running = static_cast<int>(plan.running),
                       .check = [&] { interrupts.throw_if_any(); },
                       .progress = bar.function()});
  } catch (const Error& error) {
    bar.finish();
    if (error.code() == ErrorCode::cancelled)
      fmt::print(stderr, "stopped: what was answered is in the journal (run {}); the same command goes on\n",
                 run);
    throw;
  }
  bar.finish();
  journal.end(run, utc_now());
  print_run(journal, run, plan.json, &metrics, interrupts);
  return 0;
}

/// The words that look at the journal instead of asking.
struct Look {
  std::string what, run;
  std::optional<std::string> journal, item;
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
    print_run(journal, look.run, look.json, nullptr, interrupts);
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
  return parse(arguments, plan) ? evaluate(plan) : 0;
}

}  // namespace retort::cli
