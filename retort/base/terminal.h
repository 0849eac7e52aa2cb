// What a stream is: a terminal or not, with colours or not, how wide. Honours NO_COLOR (no-color.org).
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace retort {

/// Select Graphic Rendition codes of ECMA-48.
enum class Style { bold = 1, faint = 2, red = 31, green = 32, yellow = 33, cyan = 36 };

struct Terminal {
  bool interactive = false;  // a person reads it
  bool colors = false;       // interactive, NO_COLOR unset or empty, TERM not "dumb"
  int columns = 80;

  static Terminal of(FILE* stream);

  /// What switches a style on; empty without colours.
  std::string begin(Style style) const;
  /// What switches all styles off; empty without colours.
  std::string_view end() const { return colors ? "\x1b[0m" : ""; }
  std::string styled(Style style, std::string_view text) const;
};

/// The text with control characters (but for newline and tab) made visible as \xNN, for text from outside
/// that a terminal must not obey.
std::string printable(std::string_view text);

}  // namespace retort
