#include "retort/cli/measurement.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>
#include <random>

#include "retort/base/check.h"
#include "retort/cli/version.h"

namespace retort::cli {
namespace {

/// Linear interpolation between order statistics.
double quantile(const std::vector<double>& sorted, double q) {
  double place = q * static_cast<double>(sorted.size() - 1);
  auto below = static_cast<size_t>(place);
  size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

std::string new_run_id() {
  std::random_device device;
  return fmt::format("{:08x}-{:%Y%m%d}", static_cast<uint32_t>(device()), fmt::gmtime(std::time(nullptr)));
}

Spread spread(std::vector<double> values) {
  RETORT_CHECK(!values.empty());
  std::sort(values.begin(), values.end());
  return {quantile(values, 0.5), (quantile(values, 0.75) - quantile(values, 0.25)) / 2};
}

std::string machine_name(const Topology& topology) {
  std::string cpu = topology.cpu_model.empty() ? "unknown processor" : topology.cpu_model;
  return fmt::format("{}, {} core{}", cpu, topology.cores, topology.cores == 1 ? "" : "s");
}

Json provenance(const std::string& run_id, const Topology& topology, kernels::Isa isa, int threads) {
  Json out;
  out["run"] = run_id;
  out["obtained"] = "measured";
  out["machine"] = machine_name(topology);
  out["isa"] = kernels::name(isa);
  out["threads"] = threads;
  out["retort"] = version();
  out["compiler"] = compiler();
  return out;
}

}  // namespace retort::cli
