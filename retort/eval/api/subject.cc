#include "retort/eval/api/subject.h"

#include <algorithm>

#include "retort/base/error.h"

namespace retort::eval {

Json fingerprint(const ApiSubject& subject) {
  return {{"api", subject.endpoint.base_url()},
          {"name", subject.endpoint.model},
          {"served_as", subject.served_as},
          {"body", subject.extra_body}};
}

void check_key(const ApiSubject& subject) {
  const std::string& key = subject.key;
  if (!std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7f; }))
    fail(ErrorCode::bad_input,
         "the API's key has a space, a line's end or another character that no key has; was it read from a "
         "file with its line's end?");
  if (!key.empty() && subject.endpoint.scheme == "http" && !subject.endpoint.is_loopback())
    fail(ErrorCode::unsupported,
         "{}: the key would cross the network in the clear; use https, or --no-api-key to send none",
         subject.endpoint.base_url());
}

bool is_served_by(std::string_view asked, std::string_view served) {
  if (!served.starts_with(asked)) return false;
  const std::string_view version = served.substr(asked.size());
  return version.empty() || (version.size() > 1 && version.front() == '-' &&
                             std::all_of(version.begin(), version.end(),
                                         [](char c) { return c == '-' || (c >= '0' && c <= '9'); }));
}

}  // namespace retort::eval
