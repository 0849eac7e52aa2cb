// What the readers of config.json and of GGUF metadata share: the checks of values against each other.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "retort/formats/model_config.h"

namespace retort {

/// What the values are called where they came from, for messages.
struct ConfigNames {
  std::string heads, kv_heads, hidden, head_dim, vocabulary, eos, bos, experts, experts_used;
};

/// Heads divide, head_dim is even, a token uses no more experts than there are, token ids lie in the
/// vocabulary, the rope scaling's values fit together. Fills in head_dim if it is 0.
void check_and_complete(ModelConfig& config, const ConfigNames& names, std::string_view where);

/// The type of that name; "default" is none.
std::optional<RopeScaling::Type> rope_scaling_type(std::string_view name);
/// For messages: "none, linear, dynamic, llama3, yarn".
std::string rope_scaling_types();

}  // namespace retort
