#include "retort/cli/training_line.h"

#include <fmt/core.h>

#include "retort/base/progress_bar.h"
#include "retort/cli/output.h"

namespace retort::cli {
namespace {

constexpr double kRedrawSeconds = 0.2;  // on a terminal
constexpr double kLineSeconds = 10.0;   // between lines elsewhere

/// "arithmetic 91/63/20 %", one after the other.
std::string accuracies(const train::ExaminationResult& result) {
  std::string text;
  const train::LevelScore* before = nullptr;
  for (const train::LevelScore& score : result.scores) {
    bool same = before != nullptr && before->family == score.family;
    text += same ? "/" : fmt::format("{}{} ", before != nullptr ? " %  " : "", problems::name(score.family));
    text += fmt::format("{:.0f}", 100 * score.correct.share());
    before = &score;
  }
  return text.empty() ? "" : text + " %";
}

}  // namespace

std::string training_line(const std::string& stage, const train::StepReport& step,
                          const std::optional<train::ExaminationReport>& examination, int columns) {
  std::string line = fmt::format(
      "{}  step {} of {}  loss {:.3f}  {} tokens/s  {:.0f} GFLOP/s", stage, step.step, step.steps,
      step.loss.total, with_commas(static_cast<uint64_t>(step.tokens_per_second)), step.flops / 1e9);
  if (step.share_of_peak > 0) line += fmt::format(", {:.0f} % of peak", 100 * step.share_of_peak);
  if (step.loss.experts.n_layers() > 0)
    line += fmt::format("  expert load {:.2f}", step.loss.experts.imbalance());
  line += fmt::format("  {} left", format_seconds(step.seconds_left));
  if (examination && examination->held_out)
    line += fmt::format("  held-out {:.3f}", examination->held_out->cross_entropy);
  if (examination && !examination->result.scores.empty()) line += "  " + accuracies(examination->result);
  if (columns > 1 && line.size() >= static_cast<size_t>(columns))
    line.resize(static_cast<size_t>(columns) - 1);
  return line;
}

void TrainingLine::step(const std::string& stage, const train::StepReport& report) {
  auto now = Clock::now();
  double wait = terminal_.interactive ? kRedrawSeconds : kLineSeconds;
  bool due = !last_drawn_ || std::chrono::duration<double>(now - *last_drawn_).count() >= wait;
  if (!due && report.step != report.steps) return;
  last_drawn_ = now;
  if (terminal_.interactive)
    fmt::print(stream_, "\r\x1b[K{}", training_line(stage, report, examination_, terminal_.columns));
  else
    fmt::print(stream_, "{}\n", training_line(stage, report, examination_, 0));
  drawn_ = true;
  std::fflush(stream_);
}

void TrainingLine::finish() {
  if (drawn_ && terminal_.interactive) {
    fmt::print(stream_, "\r\x1b[K");
    std::fflush(stream_);
  }
  drawn_ = false;
}

}  // namespace retort::cli
