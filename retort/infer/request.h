// Request and Completion: what a caller asks of the engine, what it is told on the way, and what it gets.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "retort/base/error.h"
#include "retort/infer/sampler.h"
#include "retort/infer/sampling_parameters.h"
#include "retort/infer/thinking_budget.h"

namespace retort {

using RequestId = uint64_t;

/// One generated token. Views and spans are valid during the call.
struct TokenEvent {
  RequestId id = 0;
  int32_t token = -1;
  bool forced = false;         // by the thinking budget
  std::string_view reasoning;  // text that became certain with this token; at a possible
  std::string_view content;    // beginning of a tag or stop string, text waits for the tokens after it
  float logprob = 0.0f;        // with sampling.logprobs
  std::span<const TokenLogprob> top_logprobs;
};

enum class FinishReason {
  stop,         // a stop token
  stop_string,  // a stop string; the content ends before it
  length,       // max_new_tokens, or the end of the context
  cancelled,
  error,
};
/// "stop", "stop_string", "length", "cancelled", "error".
std::string_view name(FinishReason reason);

struct Usage {
  int64_t prompt_tokens = 0;
  int64_t cached_tokens = 0;      // of the prompt, not computed because an earlier request had
  int64_t completion_tokens = 0;  // all that were generated: reasoning, forced, and the stop token too
  int64_t reasoning_tokens = 0;   // of them, those of the thought, </think> included
  int64_t forced_tokens = 0;      // of them, those that the thinking budget chose
};

struct Timings {
  double queue_seconds = 0.0;    // from arrival to the first step it is part of
  double prefill_seconds = 0.0;  // from there to the first token
  double decode_seconds = 0.0;   // from there to the end
  int64_t preemptions = 0;

  /// Tokens after the first over decode_seconds; 0 if there were none.
  double decode_tokens_per_second(const Usage& usage) const;
  /// Prompt tokens that were computed over prefill_seconds.
  double prefill_tokens_per_second(const Usage& usage) const;
};

struct Completion {
  RequestId id = 0;
  FinishReason finish_reason = FinishReason::stop;
  std::optional<Error> error;      // with FinishReason::error
  std::string stop_string;         // with FinishReason::stop_string
  std::vector<int32_t> tokens;     // all that were generated, the stop token too
  std::vector<float> logprobs;     // of each of them, with sampling.logprobs
  std::string reasoning, content;  // without tags
  ThoughtEnd thought_end = ThoughtEnd::none;
  Usage usage;
  Timings timings;
};

struct Request {
  static constexpr size_t kMaxStopTokens = 64;

  std::vector<int32_t> prompt;
  SamplingParameters sampling;
  std::optional<int64_t> max_new_tokens;  // default: as many as context and cache hold
  std::optional<int64_t> max_context;     // prompt and output together; default and upper limit: the engine's
  std::vector<int32_t> stop_tokens;
  std::vector<std::string> stop_strings;  // looked for in the content
  bool stop_in_reasoning = false;         // and in the thought
  ThinkingOptions thinking;

  /// Called on the stepping thread after each token; false cancels the request. May call add and cancel.
  std::function<bool(const TokenEvent&)> on_token;
  /// Called on the stepping thread at the end. If absent, the completion waits for Engine::take.
  std::function<void(Completion)> on_finish;

  /// Throws Error bad_input with the name, the value and the range. What depends on the context and the cache
  /// is the engine's to check.
  void validate(int64_t vocab_size, bool has_text) const;
};

}  // namespace retort
