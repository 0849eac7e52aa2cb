#include "retort/eval/api/rate_limiter.h"

#include <algorithm>

namespace retort::eval {

double RateLimiter::reserve(double now, double tokens) {
  const std::lock_guard lock(mutex_);
  double at = std::max(now, held_until_);
  if (requests_per_minute_) at = std::max(at, next_request_);
  if (tokens_per_minute_) at = std::max(at, next_token_);
  if (requests_per_minute_) next_request_ = at + 60 / *requests_per_minute_;
  if (tokens_per_minute_) next_token_ = at + tokens * 60 / *tokens_per_minute_;
  return at;
}

void RateLimiter::settle(double reserved, double used) {
  const std::lock_guard lock(mutex_);
  if (tokens_per_minute_) next_token_ += (used - reserved) * 60 / *tokens_per_minute_;
}

void RateLimiter::hold(double until) {
  const std::lock_guard lock(mutex_);
  held_until_ = std::max(held_until_, until);
}

}  // namespace retort::eval
