#include "retort/eval/api/fault.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ctime>

#include "retort/base/random.h"
#include "retort/text/shown.h"

namespace retort::eval {
namespace {

constexpr double kMostBackoff = 60;  // seconds
constexpr size_t kMostShown = 200;   // bytes of a server's words

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

/// Fields of our request that some servers do not know (see RequestForm).
constexpr std::array<std::string_view, 3> kOptional = {"max_tokens", "stream_options", "seed"};

std::string parameter_of(const ApiErrorBody& e) {
  for (std::string_view name : kOptional)
    if (e.parameter == name) return std::string(name);
  // Servers without 'param' quote the name in their words.
  if (e.parameter.empty())
    for (std::string_view name : kOptional)
      if (contains(e.message, name)) return std::string(name);
  return "";
}

FaultKind kind_of_request_error(const ApiErrorBody& e) {
  if (e.code == "context_length_exceeded" || contains(e.message, "maximum context length") ||
      contains(e.message, "context size") || contains(e.message, "context window"))
    return FaultKind::too_long;
  if (e.code == "content_filter" || e.code == "content_policy_violation") return FaultKind::refused;
  return parameter_of(e).empty() ? FaultKind::this_request : FaultKind::parameter;
}

FaultKind kind_of(int status, const ApiErrorBody& e) {
  switch (status) {
    case 400:
    case 413:
    case 422:
      return kind_of_request_error(e);
    case 429:  // "insufficient_quota" is an empty purse, not a rate
      return e.code == "insufficient_quota" || e.type == "insufficient_quota" ? FaultKind::every_request
                                                                              : FaultKind::transient;
    case 408:
    case 409:
    case 425:
      return FaultKind::transient;
    case 401:
    case 402:
    case 403:
    case 404:
    case 405:
    case 407:
      return FaultKind::every_request;
    default:
      if (status >= 300 && status < 400) return FaultKind::every_request;
      return status >= 400 && status < 500 ? FaultKind::this_request : FaultKind::transient;
  }
}

std::string words_of(const HttpHead& head, const ApiErrorBody& e, std::string_view body) {
  if (head.status >= 300 && head.status < 400)
    return fmt::format("{}: it sends us on to '{}'; give that address if you trust it", head.status,
                       shown(head.location, kMostShown));
  const std::string_view said = e.message.empty() ? body : std::string_view(e.message);
  std::string out = std::to_string(head.status);
  if (!said.empty()) out += ": " + shown(said, kMostShown);
  if (!e.code.empty() && !contains(said, e.code)) out += " (" + shown(e.code, 40) + ")";
  return out;
}

/// Seconds since 1970 of "Sun, 06 Nov 1994 08:49:37 GMT" (IMF-fixdate, RFC 9110, section 5.6.7).
std::optional<double> parse_http_date(std::string_view text) {
  std::tm time{};
  const std::string copy(text);
  const char* end = strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &time);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return static_cast<double>(timegm(&time));
}

}  // namespace

ApiFault fault_of(const HttpHead& head, std::string_view body, double now) {
  const ApiErrorBody e = parse_error_body(body).value_or(ApiErrorBody{});
  ApiFault out{.kind = kind_of(head.status, e), .what = words_of(head, e, body)};
  if (out.kind == FaultKind::parameter) out.parameter = parameter_of(e);
  out.wait = parse_retry_after(head.retry_after, now);
  return out;
}

std::optional<double> parse_retry_after(std::string_view value, double now) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (error == std::errc() && end == value.data() + value.size() && std::isfinite(seconds))
    return std::max(0.0, seconds);
  const std::optional<double> at = parse_http_date(value);
  return at ? std::optional(std::max(0.0, *at - now)) : std::nullopt;
}

double wait_before_retry(int n, double first, std::optional<double> asked, uint64_t seed) {
  const double longest = std::min(kMostBackoff, first * std::exp2(std::min(n, 30)));
  const double spread = longest * (0.5 + 0.5 * random_uniform(seed, static_cast<uint64_t>(n)));
  return std::max(asked.value_or(0), spread);
}

}  // namespace retort::eval
