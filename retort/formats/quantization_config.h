// quantization_config of config.json: how the weights were quantised, and what their products ask of the
// activations. Methods without products are refused by name.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "retort/base/json.h"

namespace retort {

struct QuantizationConfig {
  enum class Kind {
    none,
    fp8_block,     // quant_method "fp8" with weight_block_size: `weight_scale_inv` per block
    fp8_channel,   // compressed-tensors, 8-bit float weights, one `weight_scale` per output row
    int8_channel,  // compressed-tensors int-quantized: I8 `weight`, one `weight_scale` per output row
    int4_group,  // compressed-tensors pack-quantized: `weight_packed`, a `weight_scale` per group of columns
  };
  Kind kind = Kind::none;
  int64_t block_rows = 0, block_columns = 0;  // fp8_block only
  int64_t group_size = 0;                     // int4_group only: 32, 64 or 128
  /// Activations are rounded to the weights' type before each product: per row, and in groups of 128 columns
  /// under fp8_block. Always so under fp8_block and int8_channel, never under int4_group.
  bool dynamic_activations = false;
  std::vector<std::string> ignored;  // modules that stay as they were: "lm_head"
};

/// Reads the object under "quantization_config". Throws Error unsupported for awq, gptq, bitsandbytes, ...,
/// for asymmetric weights, reordered groups and static activation scales; bad_input for what is missing.
QuantizationConfig parse_quantization_config(const Json& object, std::string_view where);

}  // namespace retort
