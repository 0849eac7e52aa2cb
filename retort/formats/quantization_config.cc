#include "retort/formats/quantization_config.h"

#include <fmt/format.h>

#include "retort/base/error.h"
#include "retort/formats/json_fields.h"
#include "retort/formats/printable.h"

namespace retort {
namespace {

constexpr const char* kSupported =
    "fp8 with weight_block_size [128, 128], and compressed-tensors with 8-bit float weights scaled per "
    "channel";

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
  return {.kind = QuantizationConfig::Kind::fp8_block,
          .block_rows = block[0],
          .block_columns = block[1],
          .ignored = fields.strings("modules_to_not_convert")};
}

/// One entry of compressed-tensors' config_groups must be 8-bit float per channel.
void check_group(const JsonFields& group) {
  const auto weights = group.object("weights");
  if (!weights) unsupported(group, "a group without weights");
  const auto bits = weights->required(weights->integer("num_bits", {1, 64}), "num_bits");
  const auto type = weights->required(weights->string("type"), "type");
  const auto strategy = weights->required(weights->string("strategy"), "strategy");
  if (bits != 8 || type != "float" || strategy != "channel")
    unsupported(*weights, "{}-bit {} weights with strategy '{}'", bits, printable(type), printable(strategy));
  if (!weights->boolean("symmetric").value_or(true)) unsupported(*weights, "symmetric false");
}

QuantizationConfig parse_compressed_tensors(const JsonFields& fields) {
  const auto format = fields.string("format").value_or("float-quantized");
  if (format != "float-quantized" && format != "naive-quantized")
    unsupported(fields, "compressed-tensors format '{}'", printable(format));
  const Json* groups = fields.member("config_groups");
  if (groups == nullptr || !groups->is_object() || groups->empty())
    fail(ErrorCode::bad_input, "{}: config_groups is missing or empty", fields.where());
  for (const auto& [name, group] : groups->items())
    check_group(JsonFields(group, fields.where() + ": " + printable(name, 40)));
  return {.kind = QuantizationConfig::Kind::fp8_channel, .ignored = fields.strings("ignore")};
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
