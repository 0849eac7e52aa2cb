// JSON from untrusted text: bounded depth, no duplicate keys, UTF-8 checked, errors with the place.
// Include <nlohmann/json.hpp> in the .cc that looks inside a Json.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace retort {

/// Objects keep the order of the file.
using Json = nlohmann::ordered_json;

struct JsonLimits {
  int max_depth = 64;
  bool allow_duplicate_keys = false;
};

/// Throws Error bad_input "<where>: line 3, column 9: ...".
Json parse_json(std::string_view text, std::string_view where, JsonLimits limits = {});

}  // namespace retort
