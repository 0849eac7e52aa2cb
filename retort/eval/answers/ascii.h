// Characters of answers, whatever the locale.
#pragma once

#include <string>
#include <string_view>

namespace retort::eval {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}
/// A letter, or a byte of one outside ASCII.
constexpr bool is_letter_byte(char c) {
  return is_alpha(c) || static_cast<unsigned char>(c) >= 0x80;
}
constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string lowered(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = to_lower(c);
  return result;
}

/// Without the characters of `unwanted` at both ends.
inline std::string_view trimmed(std::string_view text, std::string_view unwanted = " \t\r\n\f\v") {
  size_t first = text.find_first_not_of(unwanted);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(unwanted) - first + 1);
}

}  // namespace retort::eval
