// The NVIDIA GPUs of this machine, as the driver's management library tells of them (NVML, loaded when the
// program runs: it needs neither the library nor a GPU).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "retort/plan/device.h"

namespace retort::plan {

/// The functions of NVML that are used, by its API reference; all return 0 for success.
struct NvmlFunctions {
  struct Memory {  // nvmlMemory_t
    unsigned long long total = 0, free = 0, used = 0;
  };
  using Handle = void*;
  int (*init)() = nullptr;                             // nvmlInit_v2
  int (*shutdown)() = nullptr;                         // nvmlShutdown
  int (*count)(unsigned*) = nullptr;                   // nvmlDeviceGetCount_v2
  int (*handle)(unsigned, Handle*) = nullptr;          // nvmlDeviceGetHandleByIndex_v2
  int (*name)(Handle, char*, unsigned) = nullptr;      // nvmlDeviceGetName
  int (*memory)(Handle, Memory*) = nullptr;            // nvmlDeviceGetMemoryInfo
  int (*max_clock)(Handle, int, unsigned*) = nullptr;  // nvmlDeviceGetMaxClockInfo, MHz
  int (*bus_width)(Handle, unsigned*) = nullptr;       // nvmlDeviceGetMemoryBusWidth, bits
  int (*power_limit)(Handle, unsigned*) = nullptr;     // nvmlDeviceGetEnforcedPowerLimit, mW
};

struct Gpu {
  std::string name;  // "NVIDIA H200"
  double memory_bytes = 0;
  std::optional<double> read_bytes_per_second;  // memory clock x 2 (double data rate) x bus width / 8
  std::optional<double> watts;                  // that it may draw
};

/// None where NVML cannot be started; a GPU that does not tell its name and memory is left out.
std::vector<Gpu> read_gpus(const NvmlFunctions& nvml);
/// From the driver's library; none where there is no such file or one of the functions is missing.
std::vector<Gpu> read_gpus(const char* library = "libnvidia-ml.so.1");

/// What the driver says of a device that the catalogue knows: its memory, and the watts that it may draw.
void apply(const Gpu& gpu, Device& device);

}  // namespace retort::plan
