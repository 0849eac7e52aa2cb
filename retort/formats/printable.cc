#include "retort/formats/printable.h"

#include <fmt/core.h>

namespace retort {

std::string printable(std::string_view text, size_t max_length) {
  std::string out;
  for (char c : text.substr(0, max_length)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f)
      out += c;
    else
      out += fmt::format("\\x{:02x}", byte);
  }
  if (text.size() > max_length) out += "...";
  return out;
}

}  // namespace retort
