// The catalogue of devices, as `retort doctor --catalogue` shows it.
#pragma once

#include <optional>
#include <string>

namespace retort::cli {

/// On stdout. `file`: a user's, as --devices takes it elsewhere.
void print_devices(const std::optional<std::string>& file, bool json);

}  // namespace retort::cli
