// SandboxProcess: one program running in a sandbox. It moves bytes, holds the program to its limits, and
// kills everything inside when one is passed. It decides nothing about what the program says.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "retort/eval/sandbox/launch.h"
#include "retort/eval/sandbox/meter.h"
#include "retort/eval/sandbox/spec.h"

namespace retort::eval {

/// Not thread-safe; the thread that made it must live until it ends (see launch.h).
class SandboxProcess {
 public:
  /// Throws what launch() throws.
  SandboxProcess(const SandboxSpec& spec, std::string_view filter);
  ~SandboxProcess();  // kills what still runs

  /// Queues bytes for stdin; pump() writes them as the program reads.
  void send(std::string_view bytes);
  /// stdin ends when the queued bytes are written.
  void end_input() { input_ends_ = true; }
  /// Waits at most so long for the program to write, read or end, and moves what there is.
  void pump(std::chrono::milliseconds timeout);
  bool ended() const { return ended_; }
  /// What the program wrote on stdout and stderr. The caller may take bytes away.
  std::string& out() { return out_; }
  std::string& err() { return err_; }

  /// Holds every process inside still, and lets them go on: while nobody pumps, nobody watches the limits
  /// either.
  void suspend();
  void resume();
  /// For `renewable` programs: CPU time, wall time and output are counted from here.
  void renew_budget();
  /// As of the last sample.
  pid_t init() const { return launched_.init; }  // process 1 of the sandbox
  const Usage& usage() const { return usage_; }
  double wall_seconds() const;
  /// CPU time of all processes inside, now and exactly (Meter::cpu_nanoseconds).
  int64_t cpu_nanoseconds() const { return meter_.cpu_nanoseconds(); }
  void stop(Ended why);
  /// Pumps until the program has ended. Throws Error unsupported if the sandbox was never completed.
  SandboxResult result();

 private:
  using Clock = std::chrono::steady_clock;

  void write_input();
  bool read_into(Descriptor& from, std::string& to);
  void enforce();
  std::optional<Ended> passed_limit() const;
  void reap();
  bool wait_for_namespace();
  void judge_exit(SandboxResult& result) const;

  SandboxLimits limits_;
  std::unique_ptr<Cgroup> cgroup_;  // outlives the processes in it
  Launched launched_;
  Meter meter_;
  std::string unsent_, out_, err_;
  bool input_ends_ = false, ended_ = false, reaped_ = false;
  std::optional<Ended> stopped_;

  Clock::time_point start_ = Clock::now(), budget_start_ = start_, last_sample_ = start_;
  Usage usage_;
  double budget_cpu_ = 0;       // CPU seconds before the budget
  uint64_t budget_output_ = 0;  // bytes received in this budget
  uint64_t peak_memory_ = 0;
  double wall_seconds_ = 0, cpu_seconds_ = 0;  // at the end
};

}  // namespace retort::eval
