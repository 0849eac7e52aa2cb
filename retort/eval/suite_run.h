// A run of one suite: asked now, or found in the journal; scored from the journal alone.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "retort/eval/journal/journal.h"
#include "retort/eval/suite.h"

namespace retort::eval {

/// What of a run does not depend on what was asked.
struct RunSummary {
  int64_t answers = 0;
  std::map<SampleStatus, int64_t> statuses;      // of them; only those that occur
  double thought_tokens = 0, answer_tokens = 0;  // means over answers
  double prompt_tokens = 0;
};
RunSummary summary_of(std::span<const Sample> samples);
Json to_json(const RunSummary& summary);

struct SuiteResult {
  RunRecord run;
  std::string suite;
  SuiteScores scores;
  RunSummary summary;
  std::vector<Sample> samples;
};

/// Throws Error bad_input or unsupported for a run that this program cannot score, naming it.
SuiteResult score_run(const Journal& journal, const std::string& id, const ScoreHooks& hooks = {});

/// {"figures": [...], "breakdowns": [...], "answers": ..., "missing": ..., "notes": [...]}
Json scores_json(const SuiteResult& result);
/// An array: every sample with its verdict.
Json samples_json(const SuiteResult& result);
Json to_json(const Sample& sample);

}  // namespace retort::eval
