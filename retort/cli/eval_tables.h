// A run as people read it.
#pragma once

#include "retort/eval/journal/journal.h"
#include "retort/eval/runner.h"
#include "retort/eval/suite_run.h"

namespace retort::cli {

void print_scores(const eval::SuiteResult& result);
void print_run_metrics(const eval::RunMetrics& metrics);
void print_runs(const std::vector<eval::RunRecord>& runs);
/// Prompt, thought and answer of a sample, with what is said of them.
void print_sample(const eval::Sample& sample);

}  // namespace retort::cli
