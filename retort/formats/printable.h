// Text from untrusted files in one-line messages: control characters and non-ASCII bytes are escaped, long
// text is cut.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace retort {

/// "blk.0.\x0aattn..." At most `max_length` characters of `text`, then "...".
std::string printable(std::string_view text, size_t max_length = 120);

}  // namespace retort
