#include "retort/infer/request.h"

namespace retort {
namespace {

constexpr std::string_view kFinishReasons[] = {"stop", "stop_string", "length", "cancelled", "error"};

double rate(int64_t n, double seconds) {
  return n > 0 && seconds > 0.0 ? static_cast<double>(n) / seconds : 0.0;
}

void check_tokens(const char* name, std::span<const int32_t> tokens, int64_t vocab_size) {
  for (size_t i = 0; i < tokens.size(); ++i)
    if (tokens[i] < 0 || tokens[i] >= vocab_size)
      fail(ErrorCode::bad_input, "request: {}[{}] is token {}; the vocabulary has {}", name, i, tokens[i],
           vocab_size);
}

void check_positive(const char* name, std::optional<int64_t> value) {
  if (value && *value < 1)
    fail(ErrorCode::bad_input, "request: {} is {}; it must be 1 or more", name, *value);
}

}  // namespace

void Request::validate(int64_t vocab_size, bool has_text) const {
  if (prompt.empty()) fail(ErrorCode::bad_input, "request: the prompt has no tokens; give at least one");
  check_tokens("prompt", prompt, vocab_size);
  sampling.validate(vocab_size);
  check_positive("max_new_tokens", max_new_tokens);
  check_positive("max_context", max_context);
  if (stop_tokens.size() > kMaxStopTokens)
    fail(ErrorCode::bad_input, "request: {} stop_tokens are given; at most {} are allowed",
         stop_tokens.size(), kMaxStopTokens);
  check_tokens("stop_tokens", stop_tokens, vocab_size);
  if (!stop_strings.empty() && !has_text)
    fail(ErrorCode::bad_input, "request: stop_strings need a tokenizer, and the engine was made without one");
  thinking.validate(vocab_size);
}

std::string_view name(FinishReason reason) {
  return kFinishReasons[static_cast<size_t>(reason)];
}

double Timings::decode_tokens_per_second(const Usage& usage) const {
  return rate(usage.completion_tokens - 1, decode_seconds);
}

double Timings::prefill_tokens_per_second(const Usage& usage) const {
  return rate(usage.prompt_tokens - usage.cached_tokens, prefill_seconds);
}

}  // namespace retort
