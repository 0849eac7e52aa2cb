// Which device is enough for a model, and which is comfortable: the two rules, and the answers of a
// catalogue.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "retort/plan/prices.h"
#include "retort/plan/time.h"

namespace retort::plan {

/// What the recommended device must reach.
struct Target {
  double decode_tokens_per_second = 10;  // of one request, while all users are served
  double first_token_seconds = 2;        // of a prompt alone
  int64_t prompt_tokens = 512;
};

struct DeviceChoice {
  DeviceSet devices;
  MemoryPlan memory;  // of the fullest device
  std::string rule;   // what made it the answer, with the numbers
};

/// The runtime that a plan for this device counts: this engine on a processor, a usual one elsewhere.
Runtime runtime_of(const Device& device);

/// True if the fullest device has `share` of its usable memory to spare or more.
bool fits(const MemoryPlan& memory, const DeviceSet& devices, double share);

/// The cheapest by memory, then bandwidth, of 1, 2, 4 or 8 devices of the catalogue's accelerators, on which
/// everything fits for one request with 5 % to spare.
std::optional<DeviceChoice> minimum_device(const ModelShape& shape, const Weights& weights, const Load& load,
                                           std::span<const Device> catalogue, Split split);

/// The same with all users in 80 % of memory, and the target met by prediction.
std::optional<DeviceChoice> recommended_device(const ModelShape& shape, const Weights& weights,
                                               const Load& load, const Target& target,
                                               std::span<const Device> catalogue, Split split);

/// Everything that is said of a model in a precision on given devices.
struct DevicePlan {
  DeviceSet devices;
  MemoryPlan memory;  // of the fullest device
  bool fits = false;  // for all users, with 5 % to spare
  double prefill_tokens_per_second = 0;
  double decode_tokens_per_second = 0;   // of one request alone
  double batched_tokens_per_second = 0;  // of all users together
  double first_token_seconds = 0;
  StepTime decode_step;  // alone
  std::optional<double> watts;
  std::optional<HourlyCost> cost;
  std::optional<double> usd_per_million;  // tokens, with all users served
};
DevicePlan plan_device(const ModelShape& shape, const Weights& weights, const Load& load,
                       const Target& target, const DeviceSet& devices, Split split, const PriceList& prices);

}  // namespace retort::plan
