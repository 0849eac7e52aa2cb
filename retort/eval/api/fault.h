// Why a request to a hosted model got no answer, and what follows from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "retort/eval/api/http.h"
#include "retort/eval/api/reply.h"

namespace retort::eval {

enum class FaultKind : uint8_t {
  transient,      // may be better the next time
  too_long,       // the prompt does not fit
  refused,        // the server's filter took the prompt
  parameter,      // the server does not know one of the request's fields
  this_request,   // will never be answered; others may be
  every_request,  // no request will be answered until a person does something
  cancelled,      // we were asked to stop
};

struct ApiFault {
  FaultKind kind = FaultKind::transient;
  std::string what;            // one line
  std::optional<double> wait;  // seconds that the server asks to wait
  std::string parameter;       // kind parameter: which
};

/// Of a reply whose status is not 200. `now`: seconds since 1970.
ApiFault fault_of(const HttpHead& head, std::string_view body, double now);

/// Retry-After (RFC 9110, section 10.2.3): a number of seconds, or a date; from `now`, never below 0.
std::optional<double> parse_retry_after(std::string_view value, double now);

/// Before the n-th retry (0 the first): doubles, at most 60 s, spread over [1/2, 1] of it so that many
/// clients do not come back together; and as long as the server asks for.
double wait_before_retry(int n, double first, std::optional<double> asked, uint64_t seed);

}  // namespace retort::eval
