// What mpirun says to its processes: SIGTERM, a second before it kills them, because of Ctrl-C or because one
// of them died.
#pragma once

#include <atomic>
#include <csignal>
#include <string>
#include <thread>

namespace retort::cli {

/// While one lives, SIGTERM does not end the program. Make it before any other thread, so that all of them
/// leave the signal alone.
class LauncherSignals {
 public:
  /// `last_words` go to stderr if nobody takes the signal in time: then the others are gone, and this process
  /// waits for them until it is killed. Empty: it says nothing.
  explicit LauncherSignals(std::string last_words);
  ~LauncherSignals();
  LauncherSignals(const LauncherSignals&) = delete;
  LauncherSignals& operator=(const LauncherSignals&) = delete;

  /// True once the signal has come.
  bool take();

 private:
  void watch();

  std::string last_words_;
  std::atomic<bool> came_{false}, taken_{false}, end_{false};
  sigset_t before_{};
  std::thread watcher_;
};

}  // namespace retort::cli
