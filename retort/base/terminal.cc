#include "retort/base/terminal.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace retort {
namespace {

bool set_and_not_empty(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

int columns_of(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

bool is_control(unsigned char c) {
  return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
}

}  // namespace

Terminal Terminal::of(FILE* stream) {
  Terminal terminal;
  int fd = fileno(stream);
  terminal.interactive = fd >= 0 && isatty(fd) != 0;
  if (!terminal.interactive) return terminal;
  const char* term = std::getenv("TERM");
  terminal.colors = !set_and_not_empty("NO_COLOR") && term != nullptr && std::string_view(term) != "dumb";
  terminal.columns = columns_of(fd);
  return terminal;
}

std::string Terminal::begin(Style style) const {
  return colors ? fmt::format("\x1b[{}m", static_cast<int>(style)) : std::string();
}

std::string Terminal::styled(Style style, std::string_view text) const {
  return fmt::format("{}{}{}", begin(style), text, end());
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    bool c1 =
        c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;  // U+0080..U+009F
    if (is_control(c) || c1)
      out += fmt::format("\\x{:02x}", c);
    else
      out += text[i];
    if (c1) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[++i]));
  }
  return out;
}

}  // namespace retort
