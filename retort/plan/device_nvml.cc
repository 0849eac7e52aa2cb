#include "retort/plan/device_nvml.h"

#include <dlfcn.h>

#include <array>
#include <memory>

namespace retort::plan {
namespace {

constexpr int kMemoryClock = 2;  // NVML_CLOCK_MEM
constexpr unsigned kMostGpus = 1024;

struct Close {
  void operator()(void* library) const { dlclose(library); }
};

template <typename Function>
bool load(void* library, const char* name, Function& into) {
  into = reinterpret_cast<Function>(dlsym(library, name));
  return into != nullptr;
}

std::optional<Gpu> read_gpu(const NvmlFunctions& nvml, unsigned index) {
  NvmlFunctions::Handle handle = nullptr;
  std::array<char, 96> name{};  // NVML_DEVICE_NAME_V2_BUFFER_SIZE
  NvmlFunctions::Memory memory;
  if (nvml.handle(index, &handle) != 0 || nvml.name(handle, name.data(), name.size()) != 0 ||
      nvml.memory(handle, &memory) != 0 || memory.total == 0)
    return std::nullopt;
  name.back() = '\0';
  Gpu out{.name = name.data(), .memory_bytes = static_cast<double>(memory.total)};
  unsigned megahertz = 0, bits = 0, milliwatts = 0;
  if (nvml.max_clock(handle, kMemoryClock, &megahertz) == 0 && nvml.bus_width(handle, &bits) == 0 &&
      megahertz > 0 && bits > 0)
    out.read_bytes_per_second = 2e6 * megahertz * bits / 8;
  if (nvml.power_limit(handle, &milliwatts) == 0 && milliwatts > 0) out.watts = milliwatts / 1e3;
  return out;
}

}  // namespace

std::vector<Gpu> read_gpus(const NvmlFunctions& nvml) {
  std::vector<Gpu> out;
  if (nvml.init() != 0) return out;
  unsigned count = 0;
  if (nvml.count(&count) == 0)
    for (unsigned i = 0; i < count && i < kMostGpus; ++i)
      if (auto gpu = read_gpu(nvml, i)) out.push_back(*std::move(gpu));
  nvml.shutdown();
  return out;
}

std::vector<Gpu> read_gpus(const char* library) {
  const std::unique_ptr<void, Close> nvml(dlopen(library, RTLD_NOW | RTLD_LOCAL));
  if (nvml == nullptr) return {};
  NvmlFunctions f;
  void* from = nvml.get();
  const bool all =
      load(from, "nvmlInit_v2", f.init) && load(from, "nvmlShutdown", f.shutdown) &&
      load(from, "nvmlDeviceGetCount_v2", f.count) && load(from, "nvmlDeviceGetHandleByIndex_v2", f.handle) &&
      load(from, "nvmlDeviceGetName", f.name) && load(from, "nvmlDeviceGetMemoryInfo", f.memory) &&
      load(from, "nvmlDeviceGetMaxClockInfo", f.max_clock) &&
      load(from, "nvmlDeviceGetMemoryBusWidth", f.bus_width) &&
      load(from, "nvmlDeviceGetEnforcedPowerLimit", f.power_limit);
  return all ? read_gpus(f) : std::vector<Gpu>{};
}

void apply(const Gpu& gpu, Device& device) {
  device.memory_bytes = {gpu.memory_bytes, Obtained::measured,
                         "measured: as this machine's driver says (NVML)"};
  if (gpu.watts)
    device.watts = Fact{*gpu.watts, Obtained::measured, "measured: this machine's power limit (NVML)"};
}

}  // namespace retort::plan
