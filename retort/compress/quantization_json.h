// quantization_config of config.json for the formats of folders: what compressed-tensors and DeepSeek-V3
// write.
#pragma once

#include <string>
#include <vector>

#include "retort/base/json.h"
#include "retort/compress/target.h"

namespace retort::compress {

/// `ignored`: modules that stay in 16 bits, by name.
Json quantization_json(const Encoding& encoding, const std::vector<std::string>& ignored);

}  // namespace retort::compress
