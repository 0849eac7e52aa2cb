// Frames between the parent and a driver: 4 bytes of length, little endian, and that many bytes of JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "retort/base/error.h"

namespace retort::eval {

/// Throws Error bad_input if the text is longer than a frame's length can say.
std::string make_frame(std::string_view text);

/// Takes the first frame out of `buffer`; nothing if it is not complete yet, an Error bad_input if it claims
/// to be longer than `limit`. The bytes are hostile.
Result<std::optional<std::string>> take_frame(std::string& buffer, uint64_t limit);

}  // namespace retort::eval
