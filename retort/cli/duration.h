// Durations as people write them: "90s", "10m", "1.5h".
#pragma once

#include <string_view>

namespace retort::cli {

/// Seconds, above 0. Throws Error bad_input that shows how one is written.
double parse_duration(std::string_view text);

}  // namespace retort::cli
