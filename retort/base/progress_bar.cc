#include "retort/base/progress_bar.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace retort {
namespace {

constexpr double kRedrawSeconds = 0.1;  // on a terminal
constexpr double kLineSeconds = 5.0;    // between lines elsewhere
constexpr double kQuietSeconds = 0.3;   // shorter work is not shown
constexpr int kBarWidth = 24;

std::string amount(uint64_t n, ProgressUnit unit) {
  return unit == ProgressUnit::bytes ? format_bytes(n) : fmt::format("{}", n);
}

std::string rate(uint64_t done, double seconds, ProgressUnit unit) {
  double per_second = static_cast<double>(done) / seconds;
  if (unit == ProgressUnit::bytes) return format_bytes(static_cast<uint64_t>(per_second)) + "/s";
  return fmt::format("{:.{}f}/s", per_second, per_second < 10 ? 1 : 0);
}

}  // namespace

std::string format_bytes(uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000) return fmt::format("{} B", bytes);
  auto value = static_cast<double>(bytes);
  int unit = 0;
  for (; value >= 999.5 && unit < 6; ++unit) value /= 1000;
  return fmt::format("{:.{}f} {}", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0, kUnits[unit]);
}

std::string format_seconds(double seconds) {
  if (!(seconds >= 0) || seconds > 3.6e8) return "?";
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  auto whole = static_cast<int64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string progress_line(std::string_view what, uint64_t done, uint64_t total, double seconds,
                          ProgressUnit unit, int columns) {
  done = std::min(done, total);
  double share = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 1.0;
  std::string bar(static_cast<size_t>(kBarWidth), '-');
  std::fill_n(bar.begin(), std::lround(share * kBarWidth), '#');
  std::string line = fmt::format("{}  [{}] {:3.0f} %  {} of {}", what, bar, std::floor(100 * share),
                                 amount(done, unit), amount(total, unit));
  if (done > 0 && seconds > 0) {
    double left = seconds * (1 - share) / share;
    line += fmt::format("  {}  {} left", rate(done, seconds, unit), format_seconds(left));
  }
  if (columns > 1 && line.size() >= static_cast<size_t>(columns))
    line.resize(static_cast<size_t>(columns) - 1);
  return line;
}

void ProgressBar::update(std::string_view what, uint64_t done, uint64_t total) {
  auto now = Clock::now();
  if (what != what_) {
    finish();
    what_ = what;
    start_ = last_drawn_ = now;
  }
  double seconds = std::chrono::duration<double>(now - start_).count();
  double since_drawn = std::chrono::duration<double>(now - last_drawn_).count();
  bool due = since_drawn >= (terminal_.interactive ? kRedrawSeconds : kLineSeconds);
  if (seconds < kQuietSeconds || !due) return;
  last_drawn_ = now;
  drawn_ = true;
  if (terminal_.interactive)
    fmt::print(stream_, "\r\x1b[K{}", progress_line(what, done, total, seconds, unit_, terminal_.columns));
  else
    fmt::print(stream_, "{}\n", progress_line(what, done, total, seconds, unit_, 0));
  std::fflush(stream_);
}

void ProgressBar::finish() {
  if (drawn_ && terminal_.interactive) {
    fmt::print(stream_, "\r\x1b[K");
    std::fflush(stream_);
  }
  drawn_ = false;
  what_.clear();
}

ProgressFn ProgressBar::function() {
  return [this](std::string_view what, uint64_t done, uint64_t total) { update(what, done, total); };
}

}  // namespace retort
