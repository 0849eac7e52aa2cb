// The data files that are compiled into this room (embedded/): architectures, prices, claims.
#pragma once

#include <span>
#include <string_view>

namespace retort::plan {

std::string_view embedded_file(std::string_view name);
std::span<const std::string_view> embedded_names();

}  // namespace retort::plan
