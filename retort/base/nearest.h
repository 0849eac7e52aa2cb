// The nearest of some names to a mistyped one, for "did you mean".
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace retort {

/// Insertions, deletions, substitutions and swaps of neighbours that turn a into b (Damerau 1964,
/// restricted).
int edit_distance(std::string_view a, std::string_view b);

/// "; did you mean 'x'?" for the nearest name, or "" when none is near.
std::string did_you_mean(std::string_view word, std::span<const std::string> names);

}  // namespace retort
