// A progress display on stderr: a bar that redraws itself on a terminal, sparse lines elsewhere; both with
// the rate and the time left. Made by the program's verbs, handed to libraries as a ProgressFn.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "retort/base/progress.h"
#include "retort/base/terminal.h"

namespace retort {

enum class ProgressUnit { bytes, count };

/// "repacking  [######------]  52 %  1.2 of 2.3 GB  410 MB/s  3 s left", within `columns`.
std::string progress_line(std::string_view what, uint64_t done, uint64_t total, double seconds,
                          ProgressUnit unit, int columns);

/// Decimal units as disks and links count: "912 B", "1.2 GB".
std::string format_bytes(uint64_t bytes);

/// "0.8 s", "42 s", "3 min 20 s", "2 h 5 min".
std::string format_seconds(double seconds);

class ProgressBar {
 public:
  ProgressBar(FILE* stream, ProgressUnit unit)
      : stream_(stream), terminal_(Terminal::of(stream)), unit_(unit) {}
  ~ProgressBar() { finish(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// A change of `what` starts a new piece of work.
  void update(std::string_view what, uint64_t done, uint64_t total);
  /// Clears the bar. Work shorter than a moment leaves no trace.
  void finish();

  /// Refers to this object.
  ProgressFn function();

 private:
  using Clock = std::chrono::steady_clock;
  FILE* stream_;
  Terminal terminal_;
  ProgressUnit unit_;
  std::string what_;
  Clock::time_point start_{}, last_drawn_{};
  bool drawn_ = false;
};

}  // namespace retort
