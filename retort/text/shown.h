// Text from untrusted files as it stands in a one-line message.
#pragma once

#include <string>
#include <string_view>

namespace retort {

/// At most `most` bytes, then "..."; control characters and broken UTF-8 as \xNN, other characters as they
/// are.
std::string shown(std::string_view text, size_t most = 120);

}  // namespace retort
