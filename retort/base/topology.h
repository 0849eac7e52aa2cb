// The machine as the operating system shows it: processors, caches, NUMA nodes, memory. Read once by whoever
// asks; hwloc stays in topology.cc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace retort {

struct CacheLevel {
  std::string name;    // "L1d", "L2", "L3"
  uint64_t bytes = 0;  // of one instance
  int instances = 0;
};

struct Topology {
  std::string cpu_model;  // "AMD EPYC", empty when unknown
  int packages = 0;
  int cores = 0;
  int threads = 0;  // hardware threads, of the whole machine
  int numa_nodes = 0;
  std::vector<CacheLevel> caches;  // smallest level first
  int allowed_cores = 0;           // cores that this process may run on (affinity)
  int allowed_threads = 0;         // hardware threads that this process may run on (affinity)
  double cpu_quota = 0;            // processors granted by the control group; 0 = no limit
};

struct MemoryStatus {
  uint64_t total = 0;      // bytes; the control group's limit where that is lower
  uint64_t available = 0;  // bytes that can be had without swapping
};

/// Throws Error internal if hwloc cannot read the machine.
Topology read_topology();

MemoryStatus read_memory_status();

/// One thread per core that this process may use, no more than its control group grants, at least 1:
/// a second hardware thread of a core adds nothing to arithmetic that fills the core.
int default_threads(const Topology& topology);

}  // namespace retort
