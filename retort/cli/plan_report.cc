#include "retort/cli/plan_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "retort/base/error.h"
#include "retort/cli/evaluation.h"
#include "retort/cli/version.h"
#include "retort/report/html_report.h"

namespace retort::cli {
namespace {

/// Of every size and make one that is widely rented or owned.
constexpr const char* kWellKnown[] = {"NVIDIA T4",
                                      "NVIDIA A10",
                                      "NVIDIA L4",
                                      "NVIDIA GeForce RTX 4090",
                                      "NVIDIA A100 80GB SXM",
                                      "NVIDIA H100 SXM",
                                      "NVIDIA H200",
                                      "AMD Instinct MI300X",
                                      "Apple M4 Max",
                                      "Desktop 2x DDR5-5600",
                                      "AMD EPYC 9654"};

std::optional<plan::Device> found(const plan::DeviceCatalogue& catalogue, const char* name) {
  try {
    return catalogue.find(name).device;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;
    return std::nullopt;  // not calibrated; or a user's file has renamed it
  }
}

}  // namespace

std::optional<plan::Device> calibrated_machine(const plan::DeviceCatalogue& catalogue) {
  return found(catalogue, "this");
}

std::vector<plan::Device> report_devices(const plan::DeviceCatalogue& catalogue) {
  std::vector<plan::Device> devices;
  for (const char* name : kWellKnown)
    if (auto device = found(catalogue, name)) devices.push_back(std::move(*device));
  const auto before = [](const plan::Device& d) { return std::pair(d.memory_bytes.value, d.name); };
  std::sort(devices.begin(), devices.end(),
            [&](const plan::Device& a, const plan::Device& b) { return before(a) < before(b); });
  if (auto here = calibrated_machine(catalogue)) devices.insert(devices.begin(), std::move(*here));
  return devices;
}

std::string plan_report(std::span<const report::PlannedModel> models, std::span<const plan::Device> devices,
                        const plan::PlanRequest& request) {
  return report::html_report({{"retort", version_line()},
                              {"generated", utc_now()},
                              {"plan", report::plan_data(models, devices, request)}});
}

}  // namespace retort::cli
