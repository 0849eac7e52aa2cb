#include "retort/base/energy.h"

#include <fstream>
#include <string>

namespace retort {
namespace {

std::optional<uint64_t> read_number(const std::filesystem::path& path) {
  std::ifstream file(path);
  uint64_t value = 0;
  return file >> value ? std::optional(value) : std::nullopt;
}

/// "intel-rapl:0" is a package; "intel-rapl:0:1" a part of one, counted in it.
bool is_package(const std::string& name) {
  const size_t colon = name.find(':');
  return name.rfind("intel-rapl:", 0) == 0 && name.find(':', colon + 1) == name.npos;
}

}  // namespace

EnergyMeter::EnergyMeter(const std::filesystem::path& root) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(root, error)) {
    if (!is_package(entry.path().filename().string())) continue;
    const auto counter = entry.path() / "energy_uj";
    const auto start = read_number(counter), range = read_number(entry.path() / "max_energy_range_uj");
    if (start && range) packages_.push_back({counter, *start, *range});
  }
}

std::optional<double> EnergyMeter::joules() const {
  if (packages_.empty()) return std::nullopt;
  double sum = 0;
  for (const Package& package : packages_) {
    const auto now = read_number(package.counter);
    if (!now) return std::nullopt;
    const uint64_t used = *now >= package.start ? *now - package.start : package.range - package.start + *now;
    sum += 1e-6 * static_cast<double>(used);
  }
  return sum;
}

}  // namespace retort
