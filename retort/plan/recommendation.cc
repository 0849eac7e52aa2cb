#include "retort/plan/recommendation.h"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>
#include <tuple>

#include "retort/base/error.h"

namespace retort::plan {
namespace {

constexpr double kSpare = 0.05;        // of memory on the minimum device
constexpr double kComfortable = 0.20;  // and on the recommended one
constexpr int kCounts[] = {1, 2, 4, 8};

double gb(double bytes) {
  return bytes / 1e9;
}

/// One to eight of each accelerator, smallest memory first; of equal ones fewer devices, then the slower.
std::vector<DeviceSet> candidates(std::span<const Device> catalogue) {
  std::vector<DeviceSet> sets;
  for (const Device& device : catalogue) {
    if (device.kind != DeviceKind::gpu) continue;
    for (const int n : kCounts)
      if (n == 1 || device.link) sets.push_back({device, n});
  }
  std::sort(sets.begin(), sets.end(), [](const DeviceSet& a, const DeviceSet& b) {
    const auto key = [](const DeviceSet& s) {
      return std::tuple(s.memory_bytes(), s.count, s.count * s.device.read_bytes_per_second.value,
                        std::string_view(s.device.name));
    };
    return key(a) < key(b);
  });
  return sets;
}

MemoryPlan memory_on(const ModelShape& shape, const Weights& weights, const Load& load,
                     const DeviceSet& devices, Split split) {
  return per_device(plan_memory(shape, weights, load, runtime_of(devices.device)), shape, load, split,
                    devices.count);
}

bool can_split(const ModelShape& shape, const DeviceSet& devices, Split split) {
  return devices.count == 1 ||
         (devices.device.link && (split == Split::tensor ? shape.num_attention_heads % devices.count == 0
                                                         : shape.num_hidden_layers >= devices.count));
}

std::string memory_rule(const MemoryPlan& memory, const DeviceSet& devices, int64_t users) {
  return fmt::format("{:.1f} GB{} of {:.1f} for {} request{}", gb(static_cast<double>(memory.total())),
                     devices.count > 1 ? " each" : "", gb(devices.device.memory_bytes.value), users,
                     users == 1 ? "" : "s");
}

}  // namespace

Runtime runtime_of(const Device& device) {
  return device.kind == DeviceKind::cpu ? Runtime::retort : Runtime::device;
}

bool fits(const MemoryPlan& memory, const DeviceSet& devices, double share) {
  return static_cast<double>(memory.total()) <= (1 - share) * devices.device.memory_bytes.value;
}

std::optional<DeviceChoice> minimum_device(const ModelShape& shape, const Weights& weights, const Load& load,
                                           std::span<const Device> catalogue, Split split) {
  Load one = load;
  one.users = 1;
  for (const DeviceSet& devices : candidates(catalogue)) {
    if (!can_split(shape, devices, split)) continue;
    MemoryPlan memory = memory_on(shape, weights, one, devices, split);
    if (!fits(memory, devices, kSpare)) continue;
    const std::string rule = memory_rule(memory, devices, 1) + ", 5 % to spare";
    return DeviceChoice{devices, std::move(memory), rule};
  }
  return std::nullopt;
}

std::optional<DeviceChoice> recommended_device(const ModelShape& shape, const Weights& weights,
                                               const Load& load, const Target& target,
                                               std::span<const Device> catalogue, Split split) {
  for (const DeviceSet& devices : candidates(catalogue)) {
    if (!can_split(shape, devices, split)) continue;
    MemoryPlan memory = memory_on(shape, weights, load, devices, split);
    if (!fits(memory, devices, kComfortable)) continue;
    const TimeModel time(shape, weights, load.kv, devices, split, load.step_tokens);
    const double each = 1 / time.decode(load.users, load.context).seconds();
    const double first = time.prefill_seconds(target.prompt_tokens);
    if (each < target.decode_tokens_per_second || first > target.first_token_seconds) continue;
    const std::string rule = fmt::format(
        "{} within 80 %; {:.0f} tokens/s each (asked {:.0f}), first token after {:.2f} s (asked {:g})",
        memory_rule(memory, devices, load.users), each, target.decode_tokens_per_second, first,
        target.first_token_seconds);
    return DeviceChoice{devices, std::move(memory), rule};
  }
  return std::nullopt;
}

DevicePlan plan_device(const ModelShape& shape, const Weights& weights, const Load& load,
                       const Target& target, const DeviceSet& devices, Split split, const PriceList& prices) {
  DevicePlan out;
  out.devices = devices;
  out.memory = memory_on(shape, weights, load, devices, split);
  out.fits = fits(out.memory, devices, kSpare);
  const TimeModel time(shape, weights, load.kv, devices, split, load.step_tokens);
  const int64_t prompt = std::min(target.prompt_tokens, load.context);
  out.first_token_seconds = time.prefill_seconds(prompt);
  out.prefill_tokens_per_second = static_cast<double>(prompt) / out.first_token_seconds;
  out.decode_step = time.decode(1, load.context);
  out.decode_tokens_per_second = 1 / out.decode_step.seconds();
  out.batched_tokens_per_second = time.decode_tokens_per_second(load.users, load.context);
  if (devices.device.watts) out.watts = devices.device.watts->value * devices.count;
  out.cost = hourly_cost(prices, devices);
  if (out.cost) out.usd_per_million = out.cost->usd / 3600 / out.batched_tokens_per_second * 1e6;
  return out;
}

}  // namespace retort::plan
