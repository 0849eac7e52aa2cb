#include "retort/plan/model_plan.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/formats/json_fields.h"

namespace retort::plan {
namespace {

constexpr size_t kMostMeasured = size_t{256} << 20;

/// Those that are of use to most: as stored or as published, 8 bits, and 4 bits.
std::vector<std::string> default_formats(const ModelShape& shape) {
  if (!shape.stored.empty()) return {std::string(kAsStored)};
  if (default_format(shape) == "fp8-block") return {"fp8-block", "q4_k_m"};
  return {"bf16", "fp8", "q4_k_m"};
}

/// Pages of keys and values that fit beside everything else.
int64_t pages_beside(const ModelShape& shape, const DevicePlan& plan, const Load& load) {
  const double kv = static_cast<double>(plan.memory.part_bytes("keys and values"));
  const double all =
      static_cast<double>(kv_bytes(shape, load.kv, load.context)) * static_cast<double>(load.users);
  const double room =
      plan.devices.device.memory_bytes.value * 0.95 - (static_cast<double>(plan.memory.total()) - kv);
  // A position costs a device its share of what it costs in all.
  const double page =
      static_cast<double>(kv_bytes_per_token(shape, load.kv)) * kernels::kPageTokens * kv / all;
  return room <= 0 ? 0 : static_cast<int64_t>(std::min(room / page, 1e6));
}

/// Decode of one request if the device reached the ends of its share of bandwidth.
void add_spread(const ModelShape& shape, const Weights& weights, const PlanRequest& request,
                PlacedPlan& out) {
  const auto at = [&](double Efficiency::*end) {
    DeviceSet devices = out.devices;
    for (Efficiency& e : devices.device.efficiencies.decode) e.value = e.*end;
    return TimeModel(shape, weights, request.load.kv, devices, request.split, request.load.step_tokens)
        .decode_tokens_per_second(1, request.load.context);
  };
  for (const Efficiency& e : out.devices.device.efficiencies.decode)
    if (!(e.low > 0 && e.low <= e.value && e.high >= e.value)) return;
  out.low_decode = at(&Efficiency::low);
  out.high_decode = at(&Efficiency::high);
}

void add_queue(const ModelShape& shape, const Weights& weights, const PlanRequest& request, PlacedPlan& out) {
  const TimeModel time(shape, weights, request.load.kv, out.devices, request.split, request.load.step_tokens);
  const StepSeconds seconds = [&](const StepWork& work) { return time.step(work).seconds(); };
  Traffic traffic = request.traffic.value_or(Traffic{});
  if (!request.traffic) {
    traffic.prompt_tokens = std::min(request.target.prompt_tokens, request.load.context / 2 + 1);
    traffic.answer_tokens = std::max<int64_t>(1, request.load.context / 4);
  }
  const SchedulerOptions options{.max_running = 32,
                                 .step_tokens = static_cast<int>(request.load.step_tokens)};
  out.kv_pages = pages_beside(shape, out, request.load);
  const int64_t longest = (3 * (traffic.prompt_tokens + traffic.answer_tokens) + 1) / 2 + 2;
  if (Scheduler::pages_for(longest) > out.kv_pages) return;  // it does not fit; the plan says so
  if (request.want_highest_rate) {
    Traffic crowd = traffic;
    crowd.requests = 64;
    out.highest_rate =
        highest_rate(seconds, crowd, out.kv_pages, options, request.target.first_token_seconds);
  }
  if (request.traffic) out.queue = simulate_queue(seconds, traffic, out.kv_pages, options);
}

PlacedPlan place(const ModelShape& shape, const Weights& weights, const PlanRequest& request,
                 const DeviceSet& devices, const char* role, const std::optional<SolvedTokens>& solved) {
  PlacedPlan out{
      plan_device(shape, weights, request.load, request.target, devices, request.split, request.prices)};
  out.role = role;
  add_spread(shape, weights, request, out);
  if (out.fits) add_queue(shape, weights, request, out);
  if (solved && out.usd_per_million) out.usd_per_solved = *out.usd_per_million * solved->tokens / 1e6;
  return out;
}

PrecisionPlan plan_precision(const ModelShape& shape, const std::string& format, const PlanRequest& request,
                             const std::optional<SolvedTokens>& solved) {
  PrecisionPlan out;
  out.format = format;
  out.weights = weights_of(shape, format);
  const Runtime usual =
      request.devices.empty() ? Runtime::device : runtime_of(request.devices.front().device);
  out.memory = plan_memory(shape, out.weights, request.load, request.runtime.value_or(usual));
  out.minimum = minimum_device(shape, out.weights, request.load, request.catalogue, request.split);
  out.recommended =
      recommended_device(shape, out.weights, request.load, request.target, request.catalogue, request.split);
  for (const DeviceSet& devices : request.devices)
    out.placed.push_back(place(shape, out.weights, request, devices, "asked", solved));
  if (!request.devices.empty()) return out;
  const bool same =
      out.minimum && out.recommended && out.minimum->devices.name() == out.recommended->devices.name();
  if (out.minimum && !same)
    out.placed.push_back(place(shape, out.weights, request, out.minimum->devices, "minimum", solved));
  if (out.recommended)
    out.placed.push_back(place(shape, out.weights, request, out.recommended->devices, "recommended", solved));
  return out;
}

Json part_json(const MemoryPart& part) {
  return {{"part", part.name}, {"bytes", part.bytes}, {"formula", part.formula}};
}

Json percentiles_json(const Percentiles& p) {
  return {{"p50", p.p50}, {"p95", p.p95}, {"p99", p.p99}};
}

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json queue_json(const QueueResult& q) {
  return {{"first_token_seconds", percentiles_json(q.first_token)},
          {"between_token_seconds", percentiles_json(q.between_token)},
          {"whole_seconds", percentiles_json(q.whole)},
          {"tokens_per_second", q.tokens_per_second},
          {"requests_per_second", q.requests_per_second},
          {"mean_running", q.mean_running},
          {"preemptions", q.preemptions},
          {"most_pages", q.most_pages}};
}

Json placed_json(const PlacedPlan& p) {
  Json out{{"device", p.devices.name()},
           {"role", p.role},
           {"fits", p.fits},
           {"memory", to_json(p.memory)},
           {"device_memory_bytes", p.devices.device.memory_bytes.value},
           {"prefill_tokens_per_second", p.prefill_tokens_per_second},
           {"decode_tokens_per_second", p.decode_tokens_per_second},
           {"decode_low", or_null(p.low_decode)},
           {"decode_high", or_null(p.high_decode)},
           {"batched_tokens_per_second", p.batched_tokens_per_second},
           {"first_token_seconds", p.first_token_seconds},
           {"decode_step",
            {{"products", p.decode_step.products},
             {"attention", p.decode_step.attention},
             {"communication", p.decode_step.communication},
             {"overhead", p.decode_step.overhead},
             {"read_bytes", p.decode_step.read_bytes},
             {"operations", p.decode_step.operations}}},
           {"kv_pages", p.kv_pages},
           {"requests_per_second", or_null(p.highest_rate)},
           {"watts", or_null(p.watts)},
           {"usd_per_hour", p.cost ? Json(p.cost->usd) : Json()},
           {"usd_per_hour_kind", p.cost ? Json(p.cost->kind) : Json()},
           {"usd_per_hour_source", p.cost ? Json(p.cost->how) : Json()},
           {"usd_per_million_tokens", or_null(p.usd_per_million)},
           {"usd_per_solved", or_null(p.usd_per_solved)}};
  if (p.queue) out["queue"] = queue_json(*p.queue);
  return out;
}

Json choice_json(const std::optional<DeviceChoice>& choice) {
  if (!choice) return {};
  return {{"device", choice->devices.name()}, {"rule", choice->rule}};
}

Json precision_json(const PrecisionPlan& p) {
  Json placed = Json::array();
  for (const PlacedPlan& one : p.placed) placed.push_back(placed_json(one));
  return {{"precision", p.format},
          {"bits_per_weight", p.weights.bits_per_weight()},
          {"fallback_tensors", p.weights.fallbacks()},
          {"memory", to_json(p.memory)},
          {"minimum", choice_json(p.minimum)},
          {"recommended", choice_json(p.recommended)},
          {"devices", std::move(placed)}};
}

}  // namespace

std::optional<SolvedTokens> read_solved_tokens(const std::filesystem::path& file, const std::string& model) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  std::ifstream stream(file, std::ios::binary);
  if (error || !stream) fail(ErrorCode::not_found, "plan: --measured {}: cannot be read", file.string());
  if (size > kMostMeasured)
    fail(ErrorCode::bad_input, "plan: --measured {}: {} bytes; at most {} are read", file.string(), size,
         kMostMeasured);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  const Json json = parse_json(text, file.string());
  if (!json.is_object() || !json.contains("models") || !json.at("models").is_array())
    fail(ErrorCode::bad_input,
         "plan: --measured {}: no list of models: give what `retort compare --json` wrote", file.string());
  for (const Json& row : json.at("models")) {
    if (!row.is_object() || row.value("name", "") != model || !row.contains("hardware")) continue;
    for (const Json& figure : row.at("hardware"))
      if (figure.is_object() && figure.value("id", "") == "tokens_per_solved" && figure.contains("value"))
        return SolvedTokens{figure.at("value").get<double>(), figure.value("run", "")};
  }
  return std::nullopt;
}

ModelPlan plan_model(const ModelShape& shape, const PlanRequest& request) {
  check(shape, request.load);
  ModelPlan plan;
  plan.shape = shape;
  plan.load = request.load;
  plan.kv_bytes_per_token = kv_bytes_per_token(shape, request.load.kv);
  if (request.measured) plan.solved = read_solved_tokens(*request.measured, shape.name);
  for (const std::string& format : request.formats.empty() ? default_formats(shape) : request.formats)
    plan.precisions.push_back(plan_precision(shape, format, request, plan.solved));
  return plan;
}

Json to_json(const MemoryPlan& memory) {
  Json weights = Json::array(), parts = Json::array();
  for (const MemoryPart& part : memory.weights) weights.push_back(part_json(part));
  for (const MemoryPart& part : memory.parts) parts.push_back(part_json(part));
  return {{"runtime", memory.runtime == Runtime::retort ? "retort" : "device"},
          {"weights", std::move(weights)},
          {"weight_bytes", memory.weight_bytes()},
          {"parts", std::move(parts)},
          {"total_bytes", memory.total()},
          {"resident_bytes", memory.resident()}};
}

Json to_json(const ModelPlan& plan) {
  Json precisions = Json::array();
  for (const PrecisionPlan& precision : plan.precisions) precisions.push_back(precision_json(precision));
  const ModelShape& s = plan.shape;
  return {{"name", s.name},
          {"source", s.source},
          {"architecture", s.architecture},
          {"parameters", s.parameters()},
          {"active_parameters", s.active_parameters()},
          {"layers", s.num_hidden_layers},
          {"max_position_embeddings", s.max_position_embeddings},
          {"kv_bytes_per_token", plan.kv_bytes_per_token},
          {"runs_here", engine_runs(s)},
          {"context", plan.load.context},
          {"users", plan.load.users},
          {"tokens_per_solved", plan.solved ? Json(plan.solved->tokens) : Json()},
          {"tokens_per_solved_run", plan.solved ? Json(plan.solved->run) : Json()},
          {"obtained", "predicted"},
          {"precisions", std::move(precisions)}};
}

}  // namespace retort::plan
