// The live line of a training run: on a terminal it redraws itself, elsewhere a line comes now and then.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "retort/base/terminal.h"
#include "retort/train/run_report.h"

namespace retort::cli {

/// "gold_traces  step 120 of 400  loss 0.412  3,950 tokens/s  84 GFLOP/s, 18 % of peak  2 min 3 s left
/// arithmetic 91/63 %", within `columns` (0: as long as it is). Accuracies are those of the last examination,
/// by level. A mixture adds "expert load 1.31" before the time: the busiest expert's tokens over the mean, of
/// the worst layer.
std::string training_line(const std::string& stage, const train::StepReport& step,
                          const std::optional<train::ExaminationReport>& examination, int columns);

class TrainingLine {
 public:
  explicit TrainingLine(FILE* stream) : stream_(stream), terminal_(Terminal::of(stream)) {}
  ~TrainingLine() { finish(); }
  TrainingLine(const TrainingLine&) = delete;
  TrainingLine& operator=(const TrainingLine&) = delete;

  void step(const std::string& stage, const train::StepReport& report);
  void examined(const train::ExaminationReport& report) { examination_ = report; }
  /// Clears the line, so that something else can be printed.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  FILE* stream_;
  Terminal terminal_;
  std::optional<train::ExaminationReport> examination_;
  std::optional<Clock::time_point> last_drawn_;
  bool drawn_ = false;
};

}  // namespace retort::cli
