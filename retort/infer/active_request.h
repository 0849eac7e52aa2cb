// ActiveRequest: one request from its arrival to its end: its tokens, text, budget and clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "retort/infer/output_text.h"
#include "retort/infer/penalties.h"
#include "retort/infer/request.h"
#include "retort/infer/scheduler.h"

namespace retort {

class ActiveRequest {
 public:
  using Clock = std::chrono::steady_clock;

  ActiveRequest(Request request, int64_t max_new_tokens, int64_t vocab_size, const PieceFn& piece);
  ActiveRequest(const ActiveRequest&) = delete;

  RequestId id() const { return sequence_.id; }
  void set_id(RequestId id) { sequence_.id = id; }
  PagedSequence& sequence() { return sequence_; }
  Request& request() { return request_; }

  /// It is part of a step for the first time.
  void start() {
    if (!started_) started_ = Clock::now();
  }
  /// Decides whether the next token is forced. Before `sample`.
  void prepare();
  /// Chooses the next token. Other requests may sample meanwhile; an error is kept for `accept`.
  void sample(Sampler& sampler, std::span<const float> logits) noexcept;
  /// Appends the chosen token and reports it. Says why the request is finished, if it is.
  std::optional<FinishReason> accept();
  void fail(Error error) { error_ = std::move(error); }

  /// What is known when it ends. Once.
  Completion complete(FinishReason reason);

 private:
  std::optional<FinishReason> append();
  bool report(size_t reasoning_before, size_t content_before);

  Request request_;
  int64_t max_new_tokens_;
  int64_t prompt_tokens_;
  PagedSequence sequence_;
  Penalties penalties_;
  ThinkingBudget budget_;
  OutputText text_;
  Completion completion_;

  // The token being generated.
  std::optional<int32_t> forced_;
  SampledToken sampled_;
  std::vector<TokenLogprob> top_logprobs_;
  std::optional<Error> error_;

  Clock::time_point arrived_ = Clock::now();
  std::optional<Clock::time_point> started_, first_token_;
};

}  // namespace retort
