#include "retort/compress/quantization_json.h"

#include <nlohmann/json.hpp>

namespace retort::compress {
namespace {

/// compressed-tensors' QuantizationArgs, every field as its writer puts it.
Json arguments(int bits, const char* type, const char* strategy, const Json& group_size, bool dynamic) {
  return {{"actorder", nullptr},
          {"block_structure", nullptr},
          {"dynamic", dynamic},
          {"group_size", group_size},
          {"num_bits", bits},
          {"observer", dynamic ? Json(nullptr) : Json("minmax")},
          {"observer_kwargs", Json::object()},
          {"strategy", strategy},
          {"symmetric", true},
          {"type", type}};
}

struct Scheme {
  const char* format;
  Json weights, input_activations;
};

Scheme scheme_of(const Encoding& encoding) {
  if (encoding.kind == Encoding::Kind::fp8_channel)
    return {"float-quantized", arguments(8, "float", "channel", nullptr, false),
            arguments(8, "float", "token", nullptr, true)};
  if (encoding.grid.bits == 8)
    return {"int-quantized", arguments(8, "int", "channel", nullptr, false),
            arguments(8, "int", "token", nullptr, true)};
  return {"pack-quantized", arguments(4, "int", "group", encoding.grid.group, false), nullptr};
}

}  // namespace

Json quantization_json(const Encoding& encoding, const std::vector<std::string>& ignored) {
  if (encoding.kind == Encoding::Kind::fp8_block)
    return {{"quant_method", "fp8"},
            {"fmt", "e4m3"},
            {"activation_scheme", "dynamic"},
            {"weight_block_size", {128, 128}},
            {"modules_to_not_convert", ignored}};
  const Scheme scheme = scheme_of(encoding);
  return {{"quant_method", "compressed-tensors"},
          {"format", scheme.format},
          {"quantization_status", "compressed"},
          {"global_compression_ratio", nullptr},
          {"kv_cache_scheme", nullptr},
          {"ignore", ignored},
          {"config_groups",
           {{"group_0",
             {{"targets", {"Linear"}},
              {"weights", scheme.weights},
              {"input_activations", scheme.input_activations},
              {"output_activations", nullptr}}}}}};
}

}  // namespace retort::compress
