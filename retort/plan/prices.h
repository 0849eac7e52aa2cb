// Prices: what an hour of a device and a kilowatt-hour cost, from a dated list that users replace with
// theirs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "retort/plan/device.h"

namespace retort::plan {

struct Price {
  std::string device;  // its name in the catalogue
  double usd_per_hour = 0;
  std::string source;
};

struct PriceList {
  std::string date;   // "2025-06-01"
  std::string where;  // the file, or "built in"
  double usd_per_kwh = 0;
  std::string usd_per_kwh_source;
  std::vector<Price> devices;

  const Price* find(std::string_view device) const;
};

/// embedded/prices.json, or the user's file of the same form instead. Throws Error bad_input: file, member,
/// value.
PriceList read_prices(const std::optional<std::filesystem::path>& file = std::nullopt);

/// What an hour of the devices costs, and how that is known.
struct HourlyCost {
  double usd = 0;
  std::string kind;  // "rent" or "power"
  std::string how;   // "AWS g5.xlarge, 2026-05", "70 W x 0.30 USD/kWh (assumed)"
};
/// Rent where the list has the device; else the electricity that it draws at most; absent: neither is known.
std::optional<HourlyCost> hourly_cost(const PriceList& prices, const DeviceSet& devices);

}  // namespace retort::plan
