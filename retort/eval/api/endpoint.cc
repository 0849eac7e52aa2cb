#include "retort/eval/api/endpoint.h"

#include <algorithm>
#include <charconv>

#include "retort/base/error.h"
#include "retort/text/shown.h"

namespace retort::eval {
namespace {

constexpr size_t kMostModel = 200;  // bytes of a model's name
constexpr std::string_view kWayOut = "write it as https://api.openai.com/v1#gpt-4o";

bool is_graphic(char c) {
  return c > ' ' && c < 0x7f;
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
         c == '_';
}

int default_port(std::string_view scheme) {
  return scheme == "https" ? 443 : 80;
}

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  // What stands before an @ may be a password.
  const size_t at = text.rfind('@');
  fail(ErrorCode::bad_input, "{}: {}; {}", at == text.npos ? shown(text) : "..." + shown(text.substr(at)),
       why, kWayOut);
}

/// "name", "1.2.3.4" or "[::1]", and the port behind it.
void read_authority(ApiEndpoint& out, std::string_view authority, std::string_view whole) {
  if (authority.find('@') != authority.npos)
    refuse(whole, "an API's address has no user name; the key is read from the environment");
  const size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == authority.npos) refuse(whole, "a '[' without its ']'");
  const size_t colon = authority.find(':', bracket);
  out.host = authority.substr(0, colon);
  out.port = default_port(out.scheme);
  if (colon != authority.npos) {
    const std::string_view digits = authority.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
    if (error != std::errc() || end != digits.data() + digits.size() || out.port < 1 || out.port > 65535)
      refuse(whole, "the port must be a number from 1 to 65535");
  }
  std::string_view name = out.host;
  const bool brackets = name.starts_with('[');
  if (brackets) name = name.substr(1, name.size() - 2);
  const auto fits = [&](char c) { return is_host_character(c) || (brackets && c == ':'); };
  if (name.empty() || !std::all_of(name.begin(), name.end(), fits)) refuse(whole, "it names no host");
}

}  // namespace

std::string ApiEndpoint::base_url() const {
  std::string out = scheme + "://" + host;
  if (port != default_port(scheme)) out += ":" + std::to_string(port);
  return out + path;
}

bool ApiEndpoint::is_loopback() const {
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

bool looks_like_api(std::string_view text) {
  return text.starts_with("http://") || text.starts_with("https://");
}

ApiEndpoint parse_api_endpoint(std::string_view text) {
  ApiEndpoint out;
  if (!looks_like_api(text)) refuse(text, "an API's address begins with https:// or http://");
  const size_t hash = text.find('#');
  if (hash == text.npos || hash + 1 == text.size()) refuse(text, "it does not say which model");
  out.model = text.substr(hash + 1);
  if (out.model.size() > kMostModel || !std::all_of(out.model.begin(), out.model.end(), is_graphic))
    refuse(text, "the model's name has a space, a control character or over 200 bytes");
  std::string_view rest = text.substr(0, hash);
  const size_t scheme_end = rest.find("://");
  out.scheme = rest.substr(0, scheme_end);
  rest.remove_prefix(scheme_end + 3);
  if (rest.find('?') != rest.npos || !std::all_of(rest.begin(), rest.end(), is_graphic))
    refuse(text, "an API's address has no '?', spaces or control characters");
  const size_t slash = std::min(rest.find('/'), rest.size());
  read_authority(out, rest.substr(0, slash), text);
  out.path = rest.substr(slash);
  while (out.path.ends_with('/')) out.path.pop_back();
  // People paste the address of the request itself.
  constexpr std::string_view kRequest = "/chat/completions";
  if (out.path.ends_with(kRequest)) out.path.resize(out.path.size() - kRequest.size());
  return out;
}

}  // namespace retort::eval
