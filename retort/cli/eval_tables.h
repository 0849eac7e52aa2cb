// The scores of a run as people read them: tables in which no share stands without its interval.
#pragma once

#include "retort/eval/journal/journal.h"
#include "retort/eval/runner.h"
#include "retort/eval/tasks/generated_scores.h"

namespace retort::cli {

void print_scores(const eval::GeneratedScores& scores);
void print_run_metrics(const eval::RunMetrics& metrics);
void print_runs(const std::vector<eval::RunRecord>& runs);
/// Prompt, thought and answer of a sample, with what is said of them.
void print_sample(const eval::Sample& sample);

}  // namespace retort::cli
