#include "retort/plan/prices.h"

#include <fmt/core.h>

#include <fstream>

#include "retort/base/error.h"
#include "retort/formats/json_fields.h"
#include "retort/plan/embedded.h"

namespace retort::plan {
namespace {

constexpr Range<double> kUsd{0.0, 1e5};

std::string required_text(const JsonFields& fields, const char* key) {
  return fields.required(fields.string(key), key);
}

PriceList parse_prices(std::string_view text, const std::string& where) {
  const Json json = parse_config_json(text, where);
  const JsonFields fields(json, where);
  PriceList list;
  list.where = where;
  list.date = required_text(fields, "date");
  list.usd_per_kwh = fields.number("usd_per_kwh", kUsd).value_or(0);
  list.usd_per_kwh_source = fields.string("usd_per_kwh_source").value_or("");
  const Json* rows = fields.member("devices");
  if (rows == nullptr || !rows->is_array())
    fail(ErrorCode::bad_input,
         "{}: devices: a list of {{\"device\", \"usd_per_hour\", \"source\"}} is expected", where);
  for (size_t i = 0; i < rows->size(); ++i) {
    const JsonFields row((*rows)[i], fmt::format("{}: devices[{}]", where, i));
    list.devices.push_back({required_text(row, "device"),
                            row.required(row.number("usd_per_hour", kUsd), "usd_per_hour"),
                            required_text(row, "source")});
  }
  return list;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail(ErrorCode::not_found, "plan: --prices {}: cannot be read", path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

const Price* PriceList::find(std::string_view device) const {
  for (const Price& price : devices)
    if (price.device == device) return &price;
  return nullptr;
}

PriceList read_prices(const std::optional<std::filesystem::path>& file) {
  return file ? parse_prices(read_file(*file), file->string())
              : parse_prices(embedded_file("prices.json"), "built-in prices");
}

std::optional<HourlyCost> hourly_cost(const PriceList& prices, const DeviceSet& devices) {
  const Device& device = devices.device;
  const double n = devices.count;
  if (const Price* price = prices.find(device.name))
    return HourlyCost{n * price->usd_per_hour, "rent", fmt::format("{}, {}", price->source, prices.date)};
  if (device.usd_per_hour)
    return HourlyCost{n * device.usd_per_hour->value, "rent", device.usd_per_hour->source};
  if (!device.watts || prices.usd_per_kwh <= 0) return std::nullopt;
  return HourlyCost{n * device.watts->value / 1000 * prices.usd_per_kwh, "power",
                    fmt::format("{:.0f} W x {} USD/kWh ({})", n * device.watts->value, prices.usd_per_kwh,
                                prices.usd_per_kwh_source)};
}

}  // namespace retort::plan
