// The energy that the processors used, where Linux says it (powercap: Intel's and AMD's RAPL counters).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace retort {

class EnergyMeter {
 public:
  /// Starts counting. `root`: the folder that has the packages' counters as intel-rapl:N/energy_uj.
  explicit EnergyMeter(const std::filesystem::path& root = "/sys/class/powercap");
  /// Joules since the start, over all packages; absent where no counter can be read (there are none, or only
  /// root may). Right for as long as no counter wraps twice: minutes to hours.
  std::optional<double> joules() const;

 private:
  struct Package {
    std::filesystem::path counter;
    uint64_t start = 0, range = 0;  // microjoules
  };
  std::vector<Package> packages_;
};

}  // namespace retort
