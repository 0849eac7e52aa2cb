#include "retort/eval/api/sse.h"

#include <algorithm>

namespace retort::eval {

bool SseParser::feed(std::string_view bytes, const Event& event) {
  for (size_t i = 0; i < bytes.size() && !stopped_; ++i) stopped_ = !take(bytes[i], event);
  return !stopped_;
}

bool SseParser::take(char c, const Event& event) {
  // A line ends with \n, \r or both.
  const bool second_of_two = after_return_ && c == '\n';
  after_return_ = c == '\r';
  if (second_of_two) return true;
  if (c == '\n' || c == '\r') return end_line(event);
  if (line_.size() + data_.size() >= max_event_) {
    too_long_ = true;
    return false;
  }
  line_ += c;
  return true;
}

bool SseParser::end_line(const Event& event) {
  std::string_view line = line_;
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (first_line_ && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  first_line_ = false;
  bool more = true;
  if (line.empty()) {
    if (has_data_) more = event(data_);
    data_.clear();
    has_data_ = false;
  } else if (line == "data" || line.starts_with("data:")) {
    std::string_view value = line.substr(std::min<size_t>(line.size(), 5));
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
  }  // other fields and comments (lines that begin with a colon) say nothing here
  line_.clear();
  return more;
}

}  // namespace retort::eval
