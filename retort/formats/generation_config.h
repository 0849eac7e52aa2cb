// GenerationConfig: the sampling that a model's makers recommend (generation_config.json). Absent is absent:
// nobody's defaults are filled in here.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "retort/base/json.h"

namespace retort {

class Checkpoint;

struct GenerationConfig {
  std::optional<bool> do_sample;
  std::optional<double> temperature;         // >= 0
  std::optional<double> top_p;               // (0, 1]
  std::optional<double> min_p;               // [0, 1]
  std::optional<int64_t> top_k;              // >= 0; 0: off
  std::optional<double> repetition_penalty;  // > 0
  std::optional<int64_t> max_new_tokens;     // >= 1
  std::vector<int64_t> eos_token_ids;        // >= 0
};

GenerationConfig parse_generation_config(const Json& config, std::string_view where);

/// From generation_config.json if the checkpoint has one. From a GGUF file: its general.sampling.* keys.
GenerationConfig read_generation_config(const Checkpoint& checkpoint);

}  // namespace retort
