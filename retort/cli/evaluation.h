// What `eval` and `compare` share: the options of asking, and one suite asked of one model.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "retort/cli/hosted.h"
#include "retort/cli/interrupts.h"
#include "retort/cli/options.h"
#include "retort/cli/session.h"
#include "retort/eval/journal/journal.h"
#include "retort/eval/runner.h"
#include "retort/eval/suite.h"
#include "retort/eval/suite_run.h"

namespace retort::cli {

struct AskPlan {
  std::vector<int64_t> levels{1, 2};
  int64_t problems = 100, samples = 1, seed = 1, max_new_tokens = 1024, running = 64;
  std::optional<int64_t> think_budget;
  std::optional<double> temperature, top_p;
  std::optional<std::string> file, journal;

  eval::SuiteOptions suite_options() const;
  eval::AskOptions ask_options(const LoadedModel& model) const;
  eval::ApiAskOptions hosted_options() const;
};

/// The names of all suites, and a line about them for the help.
std::vector<std::string> suite_names();
std::string suites_help();

/// --levels, --seed, --samples, --file; --temperature, --top-p, --max-new-tokens; --running; --journal.
void declare_ask_options(Options& options, AskPlan& plan);

eval::Journal open_journal(const std::optional<std::string>& path);
/// "2026-11-24T17:20:05Z"
std::string utc_now();

struct Asked {
  std::string run;
  eval::RunMetrics metrics;
};
/// Asks what the journal does not have of the run yet, with progress on stderr. A Ctrl-C throws Error
/// cancelled after saying that the same command goes on.
Asked ask_suite(Session& session, const std::string& model, const std::string& suite_name,
                const eval::Suite& suite, const eval::AskOptions& ask, int64_t running,
                eval::Journal& journal, Interrupts& interrupts);

struct AskedHosted {
  std::string run;
  eval::ApiMetrics metrics;
};
/// The same of a hosted model. Answers that failed are asked again by the same command; the run has not ended
/// then.
AskedHosted ask_hosted_suite(const eval::ApiSubject& subject, const std::string& suite_name,
                             const eval::Suite& suite, const eval::ApiAskOptions& ask, eval::Journal& journal,
                             Interrupts& interrupts);

/// Scores a run from the journal, with progress on stderr.
eval::SuiteResult score_with_progress(const eval::Journal& journal, const std::string& run,
                                      Interrupts& interrupts);

}  // namespace retort::cli
