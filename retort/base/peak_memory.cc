#include "retort/base/peak_memory.h"

#include <malloc.h>

#include <fstream>
#include <string>

namespace retort {

uint64_t peak_memory_bytes() {
  std::ifstream status("/proc/self/status");
  std::string field;
  while (status >> field) {
    uint64_t kilobytes = 0;
    if (field == "VmHWM:" && status >> kilobytes) return kilobytes << 10;
    status.ignore(1 << 12, '\n');
  }
  return 0;
}

bool reset_peak_memory() {
  malloc_trim(0);
  std::ofstream refs("/proc/self/clear_refs");
  refs << "5" << std::flush;  // proc(5): sets the high-water mark to what is resident
  return refs.good();
}

}  // namespace retort
