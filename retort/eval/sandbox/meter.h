// What the processes of one PID namespace use, read from /proc by the parent. It needs no cgroup and no help
// from the sandbox, and sees processes wherever they have been re-parented to.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "retort/eval/sandbox/descriptor.h"

namespace retort::eval {

struct Usage {
  double cpu_seconds = 0;     // of the living, and of the children they have waited for
  uint64_t memory_bytes = 0;  // anonymous pages and the files in /tmp
  int processes = 0;          // threads, without bwrap's own process
  uint64_t files = 0;         // in /tmp
};

class Meter {
 public:
  /// `init` is process 1 of the namespace whose inode number is `pid_namespace`.
  Meter(pid_t init, uint64_t pid_namespace) : init_(init), pid_namespace_(pid_namespace) {}

  /// `memory_limit`: above it, pages that processes share are measured exactly, which is slower, before
  /// saying so.
  Usage sample(uint64_t memory_limit);
  /// CPU time so far of the processes inside, threads that ended included, by the kernel's clock of each;
  /// and of the children they have waited for, which the kernel tells in ticks only.
  int64_t cpu_nanoseconds() const;
  /// Sends a signal to every process inside but process 1; to none outside, even if a number is used again.
  void signal_all(int signal) const;

 private:
  std::vector<pid_t> members() const;
  void open_folder();

  pid_t init_;
  uint64_t pid_namespace_;
  Descriptor folder_;  // the sandbox's /tmp
};

}  // namespace retort::eval
