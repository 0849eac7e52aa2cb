#include "retort/cli/evaluation.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "retort/base/energy.h"
#include "retort/base/error.h"
#include "retort/base/progress_bar.h"
#include "retort/cli/measurement.h"
#include "retort/cli/version.h"
#include "retort/eval/compare/costs.h"

namespace retort::cli {

using namespace retort::eval;

SuiteOptions AskPlan::suite_options() const {
  return {
      .levels = levels, .problems = problems, .seed = static_cast<uint64_t>(seed), .file = file.value_or("")};
}

AskOptions AskPlan::ask_options(const LoadedModel& model) const {
  AskOptions ask{.sampling = model.default_sampling(),
                 .samples = samples,
                 .max_new_tokens = max_new_tokens,
                 .thinking_budget = think_budget};
  if (temperature) ask.sampling.temperature = static_cast<float>(*temperature);
  if (top_p) ask.sampling.top_p = static_cast<float>(*top_p);
  ask.sampling.seed = static_cast<uint64_t>(seed);
  return ask;
}

ApiAskOptions AskPlan::hosted_options() const {
  if (think_budget)
    fail(ErrorCode::unsupported,
         "--think-budget: an API has no such thing; --max-new-tokens bounds thought and answer");
  return {.temperature = temperature,
          .top_p = top_p,
          .seed = static_cast<uint64_t>(seed),
          .samples = samples,
          .max_new_tokens = max_new_tokens};
}

std::vector<std::string> suite_names() {
  std::vector<std::string> names;
  for (const SuiteRow& suite : suites()) names.emplace_back(suite.name);
  return names;
}

std::string suites_help() {
  std::string out;
  for (const SuiteRow& suite : suites())
    out += fmt::format("{}{}: {}", out.empty() ? "" : "; ", suite.name, suite.summary);
  return out;
}

void declare_ask_options(Options& options, AskPlan& p) {
  options.number_list("-l,--levels", p.levels, 1, 6, "N,N...", "levels of difficulty, 1 to 6 (1,2)")
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
      .group("Running")
      .option("--running", p.running, "N", "answers computed at once; changes none of them (64)")
      .within(1, 1024)
      .option("--journal", p.journal, "FILE", "(~/.local/share/retort/journal.sqlite)");
}

Journal open_journal(const std::optional<std::string>& path) {
  return Journal::open(path ? std::filesystem::path(*path) : default_journal_path());
}

std::string utc_now() {
  return fmt::format("{:%FT%TZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

namespace {

Json key_of(Json model, const std::string& suite_name, const Suite& suite, Json ask) {
  return {{"version", version_line()},
          {"model", std::move(model)},
          {"suite", suite_name},
          {"tasks", suite.key()},
          {"ask", std::move(ask)}};
}

/// Runs `ask` with a progress bar; a stop says how to go on.
template <typename Ask>
auto with_progress(const std::string& what, const std::string& run, int64_t running, Interrupts& interrupts,
                   Ask ask) {
  ProgressBar bar(stderr, ProgressUnit::count);
  const RunHooks hooks{
      .max_running = static_cast<int>(running),
      .check = [&] { interrupts.throw_if_any(); },
      .progress = [&](std::string_view, uint64_t done, uint64_t total) { bar.update(what, done, total); }};
  try {
    auto metrics = ask(hooks);
    bar.finish();
    return metrics;
  } catch (const Error& error) {
    bar.finish();
    if (error.code() == ErrorCode::cancelled)
      fmt::print(stderr, "stopped: what was answered is in the journal (run {}); the same command goes on\n",
                 run);
    throw;
  }
}

}  // namespace

Asked ask_suite(Session& session, const std::string& model, const std::string& suite_name, const Suite& suite,
                const AskOptions& ask, int64_t running, Journal& journal, Interrupts& interrupts) {
  const std::vector<Item> items = suite.items();
  const Subject subject{session.loaded, session.context, session.kv};
  const Json about{
      {"model", model},
      {"path", std::filesystem::absolute(session.loaded.checkpoint.path()).lexically_normal().string()},
      {"machine", machine_name(read_topology())},
      {"threads", session.pool.size()}};
  Asked out{.run = journal.begin(key_of(fingerprint(subject), suite_name, suite, eval::to_json(ask)), about,
                                 utc_now()),
            .metrics = {}};
  const EnergyMeter energy;
  out.metrics = with_progress(
      fmt::format("{}, {}", model, suite_name), out.run, running, interrupts,
      [&](const RunHooks& hooks) { return ask_all(subject, items, ask, journal, out.run, hooks); });
  if (out.metrics.answers > 0)
    journal.add_call(out.run, utc_now(), eval::to_json(out.metrics, energy.joules()));
  journal.end(out.run, utc_now());
  return out;
}

AskedHosted ask_hosted_suite(const ApiSubject& subject, const std::string& suite_name, const Suite& suite,
                             const ApiAskOptions& ask, Journal& journal, Interrupts& interrupts) {
  const std::vector<Item> items = suite.items();
  const Json about{{"model", subject.endpoint.model}, {"machine", subject.endpoint.host}};
  AskedHosted out{.run = journal.begin(key_of(fingerprint(subject), suite_name, suite, eval::to_json(ask)),
                                       about, utc_now()),
                  .metrics = {}};
  out.metrics = with_progress(fmt::format("{}, {}", subject.endpoint.model, suite_name), out.run,
                              subject.manners.concurrency, interrupts, [&](const RunHooks& hooks) {
                                return ask_all(subject, items, ask, journal, out.run, hooks);
                              });
  if (out.metrics.answers > 0) journal.add_call(out.run, utc_now(), to_json(out.metrics));
  if (out.metrics.failed == 0) journal.end(out.run, utc_now());
  return out;
}

SuiteResult score_with_progress(const Journal& journal, const std::string& run, Interrupts& interrupts) {
  ProgressBar bar(stderr, ProgressUnit::count);
  return score_run(journal, run, {.check = [&] { interrupts.throw_if_any(); }, .progress = bar.function()});
}

}  // namespace retort::cli
