#include "retort/cli/launcher_signals.h"

#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <ctime>

namespace retort::cli {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kPatience{600};  // mpirun kills after 1 s
constexpr milliseconds kTick{20};

sigset_t terminate_alone() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

LauncherSignals::LauncherSignals(std::string last_words) : last_words_(std::move(last_words)) {
  const sigset_t terminate = terminate_alone();
  pthread_sigmask(SIG_BLOCK, &terminate, &before_);
  watcher_ = std::thread([this] { watch(); });
}

LauncherSignals::~LauncherSignals() {
  end_ = true;
  watcher_.join();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool LauncherSignals::take() {
  if (!came_) return false;
  taken_ = true;
  return true;
}

void LauncherSignals::watch() {
  const sigset_t terminate = terminate_alone();
  const timespec tick{0, std::chrono::nanoseconds(kTick).count()};
  while (!end_ && sigtimedwait(&terminate, nullptr, &tick) != SIGTERM) continue;
  came_ = true;
  for (milliseconds waited{0}; waited < kPatience; waited += kTick) {
    if (end_ || taken_) return;
    std::this_thread::sleep_for(kTick);
  }
  if (!last_words_.empty()) [[maybe_unused]]
    auto written = ::write(STDERR_FILENO, last_words_.data(), last_words_.size());
}

}  // namespace retort::cli
