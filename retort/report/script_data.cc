#include "retort/report/script_data.h"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>

namespace retort::report {
namespace {

struct Escape {
  std::string_view text, escaped;
};
// These characters stand in strings only, where JSON may write any of them by its number. Two share a first
// byte, 0xE2.
constexpr Escape kEscapes[] = {{"<", "\\u003c"},
                               {">", "\\u003e"},
                               {"&", "\\u0026"},
                               {"\xe2\x80\xa8", "\\u2028"},
                               {"\xe2\x80\xa9", "\\u2029"}};

const Escape* escape_at(std::string_view rest) {
  for (const Escape& escape : kEscapes)
    if (rest.starts_with(escape.text)) return &escape;
  return nullptr;
}

}  // namespace

std::string script_data(const Json& json) {
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  const std::string_view all = text;
  std::string result;
  result.reserve(text.size() + text.size() / 16);
  size_t copied = 0;
  for (size_t i = all.find_first_of("<>&\xe2"); i != all.npos; i = all.find_first_of("<>&\xe2", i + 1)) {
    const Escape* escape = escape_at(all.substr(i));
    if (!escape) continue;
    result.append(all, copied, i - copied);
    result += escape->escaped;
    copied = i + escape->text.size();
  }
  result.append(all, copied);
  return result;
}

}  // namespace retort::report
