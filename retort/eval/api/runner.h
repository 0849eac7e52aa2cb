// Asks a hosted model all items of a suite, several at once, and journals every answer as it comes: what
// runner.h does for a model that runs here.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "retort/eval/api/client.h"
#include "retort/eval/api/subject.h"
#include "retort/eval/journal/journal.h"
#include "retort/eval/runner.h"

namespace retort::eval {

/// Of one call.
struct ApiMetrics {
  double seconds = 0;
  int64_t answers = 0;  // asked now: not those that the journal had
  int64_t failed = 0;   // that the API did not answer, after all retries
  int64_t refused = 0, retries = 0;
  int64_t prompt_tokens = 0, cached_tokens = 0, generated_tokens = 0;  // as the API counts them
};

/// Answers that failed are journalled as api_error, and asked again by the next call; their dialogues stop.
/// Throws Error when no request can succeed (a wrong key, no such model), when many fail one after another,
/// and what the hooks and the journal throw; what was answered is in the journal then. `hooks.max_running` is
/// not used: the subject's manners say how many are asked at once.
ApiMetrics ask_all(const ApiSubject& subject, std::span<const Item> items, const ApiAskOptions& options,
                   Journal& journal, const std::string& run, const RunHooks& hooks = {});

}  // namespace retort::eval
