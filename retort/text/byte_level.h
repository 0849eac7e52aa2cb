// The byte-level alphabet of GPT-2: every byte has a printable character, so that a vocabulary of bytes can
// be written as text ("Ġthe" is " the").
#pragma once

#include <string>
#include <string_view>

namespace retort {

/// Appends the bytes that byte-level `text` stands for; false (and `out` as it was) where a character of
/// `text` stands for no byte.
bool append_byte_level(std::string_view text, std::string& out);

/// The byte-level writing of `bytes`.
std::string to_byte_level(std::string_view bytes);

}  // namespace retort
