// A hosted model under test: where it is and how patiently it is asked.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "retort/base/json.h"
#include "retort/eval/api/endpoint.h"
#include "retort/eval/api/http.h"

namespace retort::eval {

/// None of it changes an answer.
struct ApiManners {
  HttpTimeouts timeouts;
  int retries = 6;            // of a request that failed in a way that may pass
  double first_backoff = 1;   // seconds; doubles with every retry
  double longest_wait = 300;  // seconds that a server may ask us to wait
  int concurrency = 8;        // requests at once
  size_t max_reply_bytes = size_t{32} << 20;
  std::optional<double> requests_per_minute, tokens_per_minute;
  uint64_t jitter_seed = 1;
};

struct ApiSubject {
  ApiEndpoint endpoint;
  std::string key;        // a secret: only http.cc sends it, nothing prints it
  std::string served_as;  // the name that replies must bear, where it is not the one that is asked for
  Json extra_body =
      Json::object();  // fields of the request that we know nothing of: {"reasoning_effort": "low"}
  ApiManners manners;
};

/// For the run's key: the host, the model and the request's other fields. Nothing secret.
Json fingerprint(const ApiSubject& subject);

/// Throws Error: bad_input for a key that cannot stand in a header, unsupported for one that would be sent in
/// the clear to another machine.
void check_key(const ApiSubject& subject);

/// May a reply that names itself `served` come from the model `asked`? A version behind the name is one:
/// "gpt-4o-2024-08-06" is "gpt-4o", "gpt-4o-mini" is not.
bool is_served_by(std::string_view asked, std::string_view served);

}  // namespace retort::eval
