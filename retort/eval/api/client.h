// Asks a hosted model for one answer, as often as it takes: with pauses between tries, within the rates, and
// with an end.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "retort/eval/api/fault.h"
#include "retort/eval/api/http.h"
#include "retort/eval/api/rate_limiter.h"
#include "retort/eval/api/reply.h"
#include "retort/eval/api/subject.h"

namespace retort::eval {

struct ApiAskOptions {
  std::optional<double> temperature, top_p;  // absent: not sent, the API's own
  uint64_t seed = 1;                         // the run's; each answer has one of its own made from it
  int64_t samples = 1;                       // of each item
  int64_t max_new_tokens = 1024;
};
/// For the run's key: every member.
Json to_json(const ApiAskOptions& options);

/// How the server wants to be asked, learnt from its refusals: not all know all fields. None of it changes
/// what is asked. Shared by all threads of a run.
struct RequestForm {
  std::atomic<bool> max_completion_tokens = false;  // the name that OpenAI's reasoning models want
  std::atomic<bool> no_stream_options = false, no_seed = false;

  /// Is there another way to ask, after this field was refused?
  bool adapt(const std::string& refused_field);
};

struct ApiAnswer {
  std::optional<ApiReply> reply;  // or:
  ApiFault fault;
  int retries = 0;
  double wait_seconds = 0;   // rates, pauses and tries that failed
  double first_seconds = 0;  // of the try that counted: to its first token
  double rest_seconds = 0;
};

/// What all threads of a run share. Outlives their clients.
struct ApiShared {
  explicit ApiShared(const ApiManners& manners)
      : limiter(manners.requests_per_minute, manners.tokens_per_minute) {}
  RateLimiter limiter;
  RequestForm form;
  std::atomic<int64_t> answers = 0, answer_tokens = 0;  // for guesses of the next one's length
};

/// One connection, for one thread.
class ApiClient {
 public:
  ApiClient(const ApiSubject& subject, ApiShared& shared)
      : subject_(subject), shared_(shared), http_(subject.endpoint, subject.manners.timeouts) {}

  /// `messages`: role and content. `seed` is the answer's own.
  ApiAnswer ask(const Json& messages, const ApiAskOptions& options, uint64_t seed, std::stop_token stop);

 private:
  struct Try {
    std::optional<ApiReply> reply;
    ApiFault fault;
    double first_seconds = 0, seconds = 0;
  };
  Try try_once(const std::string& body, std::stop_token stop);
  std::string body_of(const Json& messages, const ApiAskOptions& options, uint64_t seed) const;
  double guess_of_tokens(const std::string& body, const ApiAskOptions& options) const;
  std::optional<ApiFault> fault_in(const ApiReply& reply) const;
  /// The server's words, without our key should it repeat it.
  std::string without_key(std::string text) const;

  const ApiSubject& subject_;
  ApiShared& shared_;
  HttpClient http_;
};

}  // namespace retort::eval
