// ModelPlan: all that `retort plan` says of one model: what it needs in each precision, on which devices, how
// fast, and at what cost; every figure predicted but for those that say otherwise.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "retort/base/json.h"
#include "retort/plan/queue.h"
#include "retort/plan/recommendation.h"

namespace retort::plan {

/// Tokens of a solved problem, as `retort compare` measured them.
struct SolvedTokens {
  double tokens = 0;
  std::string run;
};
/// From the JSON that `retort compare --json` writes: of the model of that name; absent: it is not in it.
/// Throws Error bad_input for another file.
std::optional<SolvedTokens> read_solved_tokens(const std::filesystem::path& file, const std::string& model);

/// What is asked.
struct PlanRequest {
  std::vector<std::string> formats;  // empty: those of default_formats
  std::vector<DeviceSet> devices;    // empty: the minimum and the recommended
  Load load;
  Target target;
  Split split = Split::tensor;
  std::optional<Runtime> runtime;  // absent: runtime_of the device
  std::optional<Traffic> traffic;  // rate: of what percentiles are wanted
  bool want_highest_rate = true;
  PriceList prices;
  std::span<const Device> catalogue;
  std::optional<std::filesystem::path> measured;
};

/// A precision on a device, with what waits in front of it.
struct PlacedPlan : DevicePlan {
  std::string role;                               // "minimum", "recommended", "asked"
  int64_t kv_pages = 0;                           // that the rest of memory holds
  std::optional<double> highest_rate;             // requests a second within the target
  std::optional<QueueResult> queue;               // at the rate that was asked
  std::optional<double> usd_per_solved;           // with the measured tokens of a solved problem
  std::optional<double> low_decode, high_decode;  // by the spread of the device's share of bandwidth
};

struct PrecisionPlan {
  std::string format;
  Weights weights;
  MemoryPlan memory;  // on one device, all users
  std::optional<DeviceChoice> minimum, recommended;
  std::vector<PlacedPlan> placed;
};

struct ModelPlan {
  ModelShape shape;
  Load load;
  uint64_t kv_bytes_per_token = 0;
  std::optional<SolvedTokens> solved;
  std::vector<PrecisionPlan> precisions;
};

ModelPlan plan_model(const ModelShape& shape, const PlanRequest& request);

Json to_json(const ModelPlan& plan);
Json to_json(const MemoryPlan& memory);

}  // namespace retort::plan
