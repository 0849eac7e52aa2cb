#include "retort/cli/device_tables.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "retort/cli/output.h"
#include "retort/plan/catalogue.h"
#include "retort/plan/device_json.h"

namespace retort::cli {
namespace {

std::string tera(const std::optional<plan::Fact>& peak) {
  return peak ? fmt::format("{:.3g}", peak->value / 1e12) : "-";
}

std::vector<std::string> row_of(const plan::Device& d) {
  constexpr double kGiB = 1024.0 * 1024 * 1024;
  return {d.name,
          fmt::format("{:.1f} of {:.0f}", d.memory_bytes.value / kGiB, d.sold_memory_bytes.value / kGiB),
          fmt::format("{:.0f}", d.read_bytes_per_second.value / 1e9),
          tera(d.peak(plan::Arithmetic::fp16)),
          tera(d.peak(plan::Arithmetic::fp8)),
          tera(d.peak(plan::Arithmetic::int8)),
          d.watts ? fmt::format("{:.0f}", d.watts->value) : "-",
          std::string(plan::name(d.read_bytes_per_second.obtained))};
}

}  // namespace

void print_devices(const std::optional<std::string>& file, bool json) {
  const auto catalogue =
      plan::DeviceCatalogue::with_users(file ? std::optional<std::filesystem::path>(*file) : std::nullopt);
  if (json) {
    Json devices = Json::array();
    for (const plan::Device& device : catalogue.devices()) devices.push_back(plan::to_json(device));
    return print_json(Json{{"devices", std::move(devices)}});
  }
  std::vector<std::vector<std::string>> rows{
      {"device", "usable of sold GiB", "read GB/s", "16-bit TFLOP/s", "FP8", "INT8 TOP/s", "W", "obtained"}};
  for (const plan::Device& device : catalogue.devices()) rows.push_back(row_of(device));
  print_table(rows);
  fmt::print(
      "\n{} devices; dense rates with FP32 sums. `retort doctor --catalogue --json` has the source of every "
      "figure,\nand {} may add devices or replace figures.\n",
      catalogue.devices().size(), plan::user_devices_path().string());
}

}  // namespace retort::cli
