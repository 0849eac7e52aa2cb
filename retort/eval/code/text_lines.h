// Lines and blanks of untrusted text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace retort::eval {

inline std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
  }
  return lines;
}

inline std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

/// Blanks before the first other character.
inline size_t indent_of(std::string_view line) {
  const size_t at = line.find_first_not_of(" \t");
  return at == line.npos ? line.size() : at;
}

/// At most so many bytes of valid UTF-8, cut between characters and with "..." then; without line breaks and
/// other control characters.
inline std::string one_line(std::string_view text, size_t most = 100) {
  size_t end = text.size();
  if (end > most)
    for (end = most; end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80;) --end;
  std::string line(text.substr(0, end));
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  return end < text.size() ? line + "..." : line;
}

/// Adds a line of a paragraph to it.
inline void append_words(std::string& to, std::string_view more) {
  more = trimmed(more);
  if (more.empty()) return;
  if (!to.empty()) to += ' ';
  to += more;
}

}  // namespace retort::eval
