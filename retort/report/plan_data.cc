#include "retort/report/plan_data.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace retort::report {
namespace {

using namespace retort::plan;

constexpr const char* kKeysAndValues = "keys and values";
constexpr const char* kActivations = "activations";

template <typename F>
Json by_class(F value) {
  Json out;
  for (int c = 0; c < kFormatClasses; ++c)
    out[std::string(name(static_cast<FormatClass>(c)))] = value(static_cast<FormatClass>(c));
  return out;
}

Json share(const Efficiency& e) {
  return {{"value", e.value}, {"low", e.low}, {"high", e.high}, {"source", e.source}};
}

bool computes(const Device& device) {
  return device.peak(Arithmetic::fp16) || device.peak(Arithmetic::fp32);
}

Json device_json(const Device& device, const PriceList& prices) {
  Json out{{"name", device.name},
           {"kind", name(device.kind)},
           {"obtained", name(device.read_bytes_per_second.obtained)},
           {"source", device.read_bytes_per_second.source},
           {"memory_bytes", device.memory_bytes.value},
           {"bytes_per_second", device.read_bytes_per_second.value},
           {"peaks", by_class([&](FormatClass c) { return device.matrix_peak(c).value; })},
           {"decode", by_class([&](FormatClass c) { return share(device.decode_efficiency(c)); })},
           {"prefill", by_class([&](FormatClass c) { return share(device.prefill_efficiency(c)); })},
           {"step_seconds", device.efficiencies.step_seconds.value},
           {"layer_seconds", device.efficiencies.layer_seconds.value}};
  if (device.watts) out["watts"] = device.watts->value;
  if (const auto cost = hourly_cost(prices, {device, 1})) {
    out["usd_per_hour"] = cost->usd;
    out["usd_per_hour_source"] = cost->how;
  }
  return out;
}

Json part_json(const MemoryPart& part) {
  return {{"name", part.name}, {"bytes", part.bytes}, {"formula", part.formula}};
}

/// A runtime's memory beside weights, keys and values. What is not for each token of a step is taken as it is
/// under the load asked for.
Json runtime_json(const ModelShape& shape, const Weights& weights, Load load, Runtime runtime) {
  load.context = std::min(load.context, shape.max_position_embeddings);
  const bool engine = runtime == Runtime::retort && engine_runs(shape);
  const MemoryPlan plan = plan_memory(shape, weights, load, runtime);
  const int64_t tokens = std::min(load.step_tokens, load.context);
  Json out{{"fixed", Json::array()}};
  for (const MemoryPart& part : plan.parts) {
    if (part.name == kActivations && !engine) {
      out["step_tokens"] = load.step_tokens;
      out["activation_bytes_per_token"] = static_cast<double>(part.bytes) / static_cast<double>(tokens);
    } else if (part.name != kKeysAndValues) {
      out["fixed"].push_back(part_json(part));
    }
  }
  // How far positions are rounded up shows in what a single one costs.
  const Load one{.context = 1, .users = 1, .kv = load.kv, .threads = load.threads};
  const uint64_t each = kv_bytes_per_token(shape, load.kv);
  out["kv_round"] =
      plan_memory(shape, weights, one, runtime).part_bytes(kKeysAndValues) / std::max<uint64_t>(1, each);
  return out;
}

Json products_json(const TimeModel& time) {
  Json out = Json::array();
  for (int c = 0; c < kFormatClasses; ++c) {
    const auto format = static_cast<FormatClass>(c);
    const TimeModel::Products& p = time.products(format);
    if (p.shared_bytes + p.expert_bytes + p.head_bytes == 0) continue;
    out.push_back({{"class", name(format)},
                   {"shared_bytes", p.shared_bytes},
                   {"shared_parameters", p.shared_parameters},
                   {"expert_bytes", p.expert_bytes},
                   {"expert_parameters", p.expert_parameters},
                   {"head_bytes", p.head_bytes},
                   {"head_parameters", p.head_parameters}});
  }
  return out;
}

Json precision_json(const ModelShape& shape, const std::string& format, const Device& any,
                    const PlanRequest& request) {
  const Weights weights = weights_of(shape, format);
  Json out{{"format", format}, {"bits_per_weight", weights.bits_per_weight()}, {"weights", Json::array()}};
  const MemoryPlan plan = plan_memory(
      shape, weights, {.context = 1, .users = 1, .kv = request.load.kv, .threads = request.load.threads},
      Runtime::device);
  for (const MemoryPart& part : plan.weights) out["weights"].push_back(part_json(part));
  // What is asked of the model does not depend on the device.
  out["products"] = products_json(TimeModel(shape, weights, request.load.kv, {any, 1}));
  out["engine"] = runtime_json(shape, weights, request.load, Runtime::retort);
  out["device"] = runtime_json(shape, weights, request.load, Runtime::device);
  return out;
}

Json model_json(const PlannedModel& model, const Device& any, const PlanRequest& request) {
  const ModelShape& shape = model.shape;
  Json out{{"name", model.name},
           {"source", shape.source},
           {"parameters", shape.parameters()},
           {"active_parameters", shape.active_parameters()},
           {"layers", shape.num_hidden_layers},
           {"max_context", shape.max_position_embeddings},
           {"kv_bytes_per_token", kv_bytes_per_token(shape, request.load.kv)},
           {"experts", shape.n_routed_experts},
           {"experts_per_token", shape.num_experts_per_tok},
           {"precisions", Json::array()}};
  for (const std::string& format : model.formats)
    out["precisions"].push_back(precision_json(shape, format, any, request));
  const Weights weights = weights_of(shape, model.formats.front());
  out["attention_operations"] = TimeModel(shape, weights, request.load.kv, {any, 1}).attention_operations();
  return out;
}

}  // namespace

Json plan_data(std::span<const PlannedModel> models, std::span<const Device> devices,
               const PlanRequest& request) {
  Json out{{"load",
            {{"context", request.load.context},
             {"users", request.load.users},
             {"prompt", request.target.prompt_tokens}}},
           {"devices", Json::array()},
           {"models", Json::array()}};
  const Device* any = nullptr;
  for (const Device& device : devices) {
    if (!computes(device)) continue;
    out["devices"].push_back(device_json(device, request.prices));
    if (any == nullptr) any = &device;
  }
  for (const PlannedModel& model : models)
    if (any != nullptr && !model.formats.empty()) out["models"].push_back(model_json(model, *any, request));
  return out;
}

}  // namespace retort::report
