// config.json of a ModelConfig: what parse_hf_config reads back to the same.
#pragma once

#include "retort/formats/model_config.h"

namespace retort {

/// Of a model without quantisation. Include <nlohmann/json.hpp> to look inside.
Json to_hf_config(const ModelConfig& config);

}  // namespace retort
