#include "retort/plan/parallel.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "retort/base/arithmetic.h"
#include "retort/base/error.h"

namespace retort::plan {
namespace {

/// The share of a group of weights on the fullest device.
double weight_share(const std::string& group, const ModelShape& shape, Split split, int n) {
  const double even = 1.0 / n;
  if (split == Split::tensor) {
    const bool whole =
        group == name(Group::vectors) || group == name(Group::router) || group == name(Group::embedding);
    return whole ? 1.0 : even;
  }
  if (group == name(Group::embedding) || group == name(Group::head)) return 1.0;
  return static_cast<double>(div_up<int64_t>(shape.num_hidden_layers, n)) /
         static_cast<double>(shape.num_hidden_layers);
}

double part_share(const std::string& part, const ModelShape& shape, Split split, int n) {
  if (part == "keys and values") return kv_share(shape, split, n);
  return 1.0;  // activations are bounded by one layer's, which a device has whole under either split
}

}  // namespace

std::string_view name(Split split) {
  return split == Split::tensor ? "tensor" : "pipeline";
}

Split find_split(std::string_view text) {
  for (const Split split : {Split::tensor, Split::pipeline})
    if (text == name(split)) return split;
  fail(ErrorCode::bad_input, "plan: split '{}' is not known; known: tensor, pipeline", text);
}

double kv_share(const ModelShape& shape, Split split, int n) {
  if (split == Split::pipeline)
    return static_cast<double>(div_up<int64_t>(shape.num_hidden_layers, n)) /
           static_cast<double>(shape.num_hidden_layers);
  if (shape.has_latent_attention()) return 1.0;
  const int64_t heads = std::max<int64_t>(1, div_up<int64_t>(shape.num_key_value_heads, n));
  return static_cast<double>(heads) / static_cast<double>(shape.num_key_value_heads);
}

MemoryPlan per_device(const MemoryPlan& whole, const ModelShape& shape, const Load& load, Split split,
                      int n) {
  if (n == 1) return whole;
  MemoryPlan out = whole;
  out.untouched = 0;
  const auto shrink = [](MemoryPart& part, double share) {
    part.bytes = static_cast<uint64_t>(std::ceil(static_cast<double>(part.bytes) * share));
    if (share < 1) part.formula += fmt::format(", {:.3g} of it here", share);
  };
  for (MemoryPart& part : out.weights) shrink(part, weight_share(part.name, shape, split, n));
  for (MemoryPart& part : out.parts) shrink(part, part_share(part.name, shape, split, n));
  const auto tokens = static_cast<uint64_t>(std::min(load.step_tokens, load.context));
  const uint64_t buffer = 2 * tokens * static_cast<uint64_t>(shape.hidden_size) * 2;
  out.parts.push_back({"communication", buffer,
                       fmt::format("2 buffers of {} tokens x {} x 2 bytes", tokens, shape.hidden_size)});
  return out;
}

double all_reduce_seconds(const Link& link, int n, double bytes) {
  if (n == 1) return 0;
  const double hops = 2.0 * (n - 1);
  return hops / n * bytes / link.bytes_per_second.value + hops * link.latency_seconds.value;
}

void check(const ModelShape& shape, const DeviceSet& devices, Split split) {
  if (devices.count == 1) return;
  if (!devices.device.link)
    fail(ErrorCode::unsupported, "plan: {}: no link between such devices is known; plan for one of them",
         devices.name());
  const int64_t most = split == Split::tensor ? shape.num_attention_heads : shape.num_hidden_layers;
  if (devices.count > most || (split == Split::tensor && shape.num_attention_heads % devices.count != 0))
    fail(ErrorCode::bad_input, "plan: {} cannot be split over {} devices by {}: it has {} {}", shape.name,
         devices.count, name(split), most, split == Split::tensor ? "attention heads" : "layers");
}

}  // namespace retort::plan
