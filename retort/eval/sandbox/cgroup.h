// A control group for one sandbox, where the system lets us make one: exact limits of memory and of
// processes, enforced by the kernel. Without one the same limits hold by rlimits and by sampling, less
// sharply.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "retort/eval/sandbox/spec.h"

namespace retort::eval {

class Cgroup {
 public:
  /// Version 2, else version 1; null where neither is writable (the usual case for an ordinary user).
  static std::unique_ptr<Cgroup> create(const SandboxLimits& limits);
  ~Cgroup();

  /// Moves a process, and with it its later children, into the group.
  void add(pid_t pid);
  bool ran_out_of_memory() const;
  uint64_t peak_memory_bytes() const;  // 0 if the kernel does not say

 private:
  Cgroup() = default;
  std::vector<std::filesystem::path> folders_;  // version 2: one; version 1: one for each controller
};

}  // namespace retort::eval
