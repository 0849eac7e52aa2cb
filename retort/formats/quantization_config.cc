#include "retort/formats/quantization_config.h"

#include <fmt/format.h>

#include "retort/base/error.h"
#include "retort/formats/json_fields.h"
#include "retort/formats/printable.h"

namespace retort {
namespace {

using Kind = QuantizationConfig::Kind;

constexpr const char* kSupported =
    "fp8 with weight_block_size [128, 128], and compressed-tensors with 8-bit float or 8-bit integer weights "
    "scaled "
    "per channel, or 4-bit integer weights in groups of 32, 64 or 128";

template <typename... Args>
[[noreturn]] void unsupported(const JsonFields& fields, fmt::format_string<Args...> format, Args&&... args) {
  fail(ErrorCode::unsupported, "{}: {} is not supported; supported: {}", fields.where(),
       fmt::format(format, std::forward<Args>(args)...), kSupported);
}

/// DeepSeek-V3: {"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [128, 128]}.
QuantizationConfig parse_fp8(const JsonFields& fields) {
  const auto format = fields.string("fmt").value_or("e4m3");
  if (format != "e4m3") unsupported(fields, "fmt '{}'", printable(format));
  const auto block = fields.integers("weight_block_size", {1, 1 << 20});
  if (block.empty()) unsupported(fields, "quant_method 'fp8' without weight_block_size");
  if (block.size() != 2 || block[0] != 128 || block[1] != 128)
    unsupported(fields, "weight_block_size [{}]", fmt::format("{}", fmt::join(block, ", ")));
  const auto scheme = fields.string("activation_scheme").value_or("dynamic");
  if (scheme != "dynamic") unsupported(fields, "activation_scheme '{}' (static scales)", printable(scheme));
  return {.kind = Kind::fp8_block,
          .block_rows = block[0],
          .block_columns = block[1],
          .dynamic_activations = true,
          .ignored = fields.strings("modules_to_not_convert")};
}

// ---- compressed-tensors --------------------------------------------------------------------------------

/// What its weights may be, and whether activations are quantised beside them.
struct Scheme {
  Kind kind;
  std::string_view format;  // beside "naive-quantized", which says as much as its groups do
  int64_t bits;
  std::string_view type, strategy;
  bool may_stay, may_be_rounded;  // activations
};
constexpr Scheme kSchemes[] = {
    {Kind::fp8_channel, "float-quantized", 8, "float", "channel", true, true},
    {Kind::int8_channel, "int-quantized", 8, "int", "channel", false, true},
    {Kind::int4_group, "pack-quantized", 4, "int", "group", true, false},
};

const Scheme& scheme_of(const JsonFields& weights, std::string_view format) {
  const auto bits = weights.required(weights.integer("num_bits", {1, 64}), "num_bits");
  const auto type = weights.required(weights.string("type"), "type");
  const auto strategy = weights.required(weights.string("strategy"), "strategy");
  for (const Scheme& scheme : kSchemes)
    if (bits == scheme.bits && type == scheme.type && strategy == scheme.strategy &&
        (format == scheme.format || (format == "naive-quantized" && scheme.bits == 8)))
      return scheme;
  unsupported(weights, "{}-bit {} weights with strategy '{}' in format '{}'", bits, printable(type),
              printable(strategy), printable(format));
}

/// Weights must be symmetric and in their own order.
void check_weights(const JsonFields& weights, const Scheme& scheme, QuantizationConfig& config) {
  if (!weights.boolean("symmetric").value_or(true)) unsupported(weights, "symmetric false (zero points)");
  if (const Json* order = weights.member("actorder"); order != nullptr && !order->is_null()) {
    // "static" and "weight" have put the columns back; only "group" leaves a g_idx.
    const bool kept = order->is_string() && (*order == "static" || *order == "weight");
    if (!kept && *order != false) unsupported(weights, "actorder {} (g_idx)", printable(order->dump(), 40));
  }
  if (scheme.kind != Kind::int4_group) return;
  config.group_size = weights.required(weights.integer("group_size", {1, 1 << 20}), "group_size");
  if (config.group_size != 32 && config.group_size != 64 && config.group_size != 128)
    unsupported(weights, "group_size {}", config.group_size);
}

/// Whether a group rounds its activations; they must be symmetric and scaled per token when they come.
bool rounds_activations(const JsonFields& group, const Scheme& scheme) {
  const auto activations = group.object("input_activations");
  if (!activations && scheme.may_stay) return false;
  if (!activations)
    unsupported(group, "{}-bit {} weights without input_activations", scheme.bits, scheme.type);
  if (!scheme.may_be_rounded)
    unsupported(*activations, "{}-bit {} weights beside quantised activations", scheme.bits, scheme.type);
  const auto bits = activations->required(activations->integer("num_bits", {1, 64}), "num_bits");
  const auto type = activations->string("type").value_or(std::string(scheme.type));
  const auto strategy = activations->string("strategy").value_or("token");
  if (!activations->boolean("dynamic").value_or(false))
    unsupported(*activations, "dynamic false (static activation scales)");
  if (bits != scheme.bits || type != scheme.type || strategy != "token")
    unsupported(*activations, "{}-bit {} activations with strategy '{}'", bits, printable(type),
                printable(strategy));
  if (!activations->boolean("symmetric").value_or(true))
    unsupported(*activations, "symmetric false (zero points)");
  return true;
}

/// One entry of config_groups.
QuantizationConfig parse_group(const JsonFields& group, std::string_view format) {
  const auto weights = group.object("weights");
  if (!weights) unsupported(group, "a group without weights");
  const Scheme& scheme = scheme_of(*weights, format);
  QuantizationConfig config{.kind = scheme.kind};
  check_weights(*weights, scheme, config);
  config.dynamic_activations = rounds_activations(group, scheme);
  return config;
}

QuantizationConfig parse_compressed_tensors(const JsonFields& fields) {
  const auto format = fields.string("format").value_or("float-quantized");
  const Json* groups = fields.member("config_groups");
  if (groups == nullptr || !groups->is_object() || groups->empty())
    fail(ErrorCode::bad_input, "{}: config_groups is missing or empty", fields.where());
  QuantizationConfig config;
  for (const auto& [name, group] : groups->items()) {
    const auto one = parse_group(JsonFields(group, fields.where() + ": " + printable(name, 40)), format);
    const bool same = one.kind == config.kind && one.group_size == config.group_size &&
                      one.dynamic_activations == config.dynamic_activations;
    if (config.kind != Kind::none && !same) unsupported(fields, "config_groups of different kinds");
    config = one;
  }
  config.ignored = fields.strings("ignore");
  return config;
}

}  // namespace

QuantizationConfig parse_quantization_config(const Json& object, std::string_view where) {
  const JsonFields fields(object, std::string(where));
  const auto method = fields.required(fields.string("quant_method"), "quant_method");
  if (method == "fp8") return parse_fp8(fields);
  if (method == "compressed-tensors") return parse_compressed_tensors(fields);
  unsupported(fields, "quant_method '{}'", printable(method));
}

}  // namespace retort
