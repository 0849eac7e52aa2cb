#include "retort/text/shown.h"

#include <fmt/core.h>

#include <cstdint>

#include "retort/text/unicode.h"

namespace retort {

std::string shown(std::string_view text, size_t most) {
  std::string out;
  size_t i = 0;
  while (i < text.size()) {
    auto step = utf8_step(text.substr(i));
    auto part = text.substr(i, step.length);
    if (i + part.size() > most) break;
    auto c = step.kind == Utf8Step::Kind::valid ? decode_utf8(part) : 0;
    bool control = c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029;
    if (!control) out += part;
    if (control)
      for (char byte : part) out += fmt::format("\\x{:02x}", static_cast<uint8_t>(byte));
    i += part.size();
  }
  return i < text.size() ? out + "..." : out;
}

}  // namespace retort
