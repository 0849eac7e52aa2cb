// Sizes as people write them: "16GB", "22.5GiB", "800MB".
#pragma once

#include <string_view>

namespace retort::cli {

/// Bytes, above 0: GB are 10^9 and GiB are 2^30. Throws Error bad_input that shows how one is written.
double parse_size(std::string_view text);

}  // namespace retort::cli
