// Server-sent events (WHATWG HTML, "Server-sent events", parsing an event stream): bytes in pieces of any
// size, the data of whole events out. What is begun when the stream ends is no event.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace retort::eval {

class SseParser {
 public:
  /// Returns false to read no further.
  using Event = std::function<bool(std::string_view data)>;

  /// False once an event was the last, or one is longer than `max_event`.
  bool feed(std::string_view bytes, const Event& event);
  bool too_long() const { return too_long_; }

  explicit SseParser(size_t max_event) : max_event_(max_event) {}

 private:
  bool take(char c, const Event& event);
  bool end_line(const Event& event);

  size_t max_event_;
  std::string line_, data_;
  bool has_data_ = false, after_return_ = false, first_line_ = true, stopped_ = false, too_long_ = false;
};

}  // namespace retort::eval
