// quantization_config of config.json: how FP8 weights are scaled. Other methods are refused by name.
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
    fp8_block,    // quant_method "fp8" with weight_block_size: `weight_scale_inv` per block
    fp8_channel,  // compressed-tensors, 8-bit float weights, one `weight_scale` per output row
  };
  Kind kind = Kind::none;
  int64_t block_rows = 0, block_columns = 0;  // fp8_block only
  std::vector<std::string> ignored;           // modules that stay as they were: "lm_head"
};

/// Reads the object under "quantization_config". Throws Error unsupported for awq, gptq, bitsandbytes, ...
QuantizationConfig parse_quantization_config(const Json& object, std::string_view where);

}  // namespace retort
