#include "retort/infer/active_request.h"

#include <algorithm>
#include <new>

namespace retort {
namespace {

double seconds(ActiveRequest::Clock::duration d) {
  return std::chrono::duration<double>(d).count();
}

PagedSequence sequence_of(std::vector<int32_t> prompt) {
  PagedSequence sequence;
  sequence.tokens = std::move(prompt);
  return sequence;
}

}  // namespace

ActiveRequest::ActiveRequest(Request request, int64_t max_new_tokens, int64_t vocab_size,
                             const PieceFn& piece)
    : request_(std::move(request)),
      max_new_tokens_(max_new_tokens),
      prompt_tokens_(static_cast<int64_t>(request_.prompt.size())),
      sequence_(sequence_of(std::move(request_.prompt))),
      penalties_(request_.sampling, vocab_size, sequence_.tokens),
      budget_(request_.thinking, max_new_tokens),
      text_(piece, request_) {
  completion_.usage.prompt_tokens = prompt_tokens_;
}

void ActiveRequest::prepare() {
  forced_ = budget_.next_forced(text_.in_thought(), text_.mid_character());
}

void ActiveRequest::sample(Sampler& sampler, std::span<const float> logits) noexcept {
  try {
    // The random number belongs to the token's place in the sequence: a request that goes on where another
    // ended draws what that one would have drawn.
    SamplingState state{request_.sampling, penalties_, sequence_.tokens.size(), forced_};
    sampled_ = sampler.sample(logits, state, top_logprobs_);
  } catch (const Error& error) {
    error_ = error;
  } catch (const std::bad_alloc&) {
    error_ = Error(ErrorCode::resource, "sampler: out of memory");
  }
}

std::optional<FinishReason> ActiveRequest::accept() {
  if (error_) return FinishReason::error;
  if (!first_token_) {
    first_token_ = Clock::now();
    completion_.usage.cached_tokens = sequence_.shared;
  }
  size_t reasoning_before = completion_.reasoning.size(), content_before = completion_.content.size();
  std::optional<FinishReason> reason = append();
  if (reason) {
    text_.finish(completion_.reasoning, completion_.content);
    if (!text_.stop_string().empty()) reason = FinishReason::stop_string;  // what was held back completed one
  }
  try {
    if (report(reasoning_before, content_before)) return reason;
    return reason ? reason : FinishReason::cancelled;
  } catch (const Error& error) {
    error_ = error.with_context("on_token");
  } catch (const std::exception& error) {
    error_ = make_error(ErrorCode::internal, "on_token: {}", error.what());
  } catch (...) {
    error_ = Error(ErrorCode::internal, "on_token: threw something that is no std::exception");
  }
  return FinishReason::error;
}

std::optional<FinishReason> ActiveRequest::append() {
  int32_t token = sampled_.token;
  sequence_.tokens.push_back(token);
  penalties_.count(token);
  completion_.tokens.push_back(token);
  if (request_.sampling.wants_logprobs()) completion_.logprobs.push_back(sampled_.logprob);

  bool was_in_thought = text_.in_thought();
  if (!forced_ && std::ranges::find(request_.stop_tokens, token) != request_.stop_tokens.end()) {
    budget_.observe(was_in_thought, was_in_thought);
    return FinishReason::stop;
  }
  text_.push(token, completion_.reasoning, completion_.content);
  budget_.observe(was_in_thought, text_.in_thought());
  if (text_.looping()) budget_.report_loop();
  if (!text_.stop_string().empty()) return FinishReason::stop_string;
  if (static_cast<int64_t>(completion_.tokens.size()) >= max_new_tokens_) return FinishReason::length;
  return std::nullopt;
}

bool ActiveRequest::report(size_t reasoning_before, size_t content_before) {
  if (!request_.on_token) return true;
  TokenEvent event;
  event.id = id();
  event.token = sampled_.token;
  event.forced = forced_.has_value();
  event.reasoning = std::string_view(completion_.reasoning).substr(reasoning_before);
  event.content = std::string_view(completion_.content).substr(content_before);
  event.logprob = sampled_.logprob;
  event.top_logprobs = top_logprobs_;
  return request_.on_token(event);
}

Completion ActiveRequest::complete(FinishReason reason) {
  Clock::time_point now = Clock::now();
  Clock::time_point started = started_.value_or(now), first = first_token_.value_or(now);
  // Idempotent: what accept has flushed already is empty now.
  if (reason == FinishReason::cancelled || reason == FinishReason::error)
    text_.finish(completion_.reasoning, completion_.content);
  completion_.id = id();
  completion_.finish_reason = reason;
  if (reason == FinishReason::error) completion_.error = std::move(error_);
  if (reason == FinishReason::stop_string) completion_.stop_string = text_.stop_string();
  completion_.thought_end = budget_.thought_end();
  Usage& usage = completion_.usage;
  usage.completion_tokens = static_cast<int64_t>(completion_.tokens.size());
  usage.reasoning_tokens = budget_.reasoning_tokens();
  usage.forced_tokens = budget_.forced_tokens();
  completion_.timings = {seconds(started - arrived_), seconds(first - started), seconds(now - first),
                         sequence_.preemptions};
  return std::move(completion_);
}

}  // namespace retort
