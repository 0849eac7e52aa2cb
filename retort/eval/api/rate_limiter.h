// Requests and tokens a minute, over all threads: each request gets a moment from which on it may be sent.
#pragma once

#include <mutex>
#include <optional>

namespace retort::eval {

/// Requests are spaced evenly. Times are seconds of any one clock. May be used by several threads.
class RateLimiter {
 public:
  RateLimiter(std::optional<double> requests_per_minute, std::optional<double> tokens_per_minute)
      : requests_per_minute_(requests_per_minute), tokens_per_minute_(tokens_per_minute) {}

  /// Takes a place for one request of so many tokens; when it may be sent, `now` or later.
  double reserve(double now, double tokens);
  /// It has used so many instead.
  void settle(double reserved, double used);
  /// Nothing is sent before `until`: the server has asked for it.
  void hold(double until);

 private:
  std::mutex mutex_;
  std::optional<double> requests_per_minute_, tokens_per_minute_;
  double next_request_ = 0, next_token_ = 0, held_until_ = 0;
};

}  // namespace retort::eval
