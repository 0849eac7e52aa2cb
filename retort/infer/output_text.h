// OutputText: from the tokens of one request to its text, split into reasoning and content, cut at stop
// strings.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "retort/infer/request.h"

namespace retort {

/// The bytes of a token; "" for those that are not text.
using PieceFn = std::function<std::string_view(int32_t)>;

class OutputText {
 public:
  OutputText(const PieceFn&, const Request& r)
      : end_(r.thinking.think_end), in_thought_(r.thinking.starts_in_thought) {}
  bool push(int32_t t, std::string&, std::string&) {
    tail_.push_back(t);
    if (tail_.size() > end_.size()) tail_.erase(tail_.begin());
    if (in_thought_ && !end_.empty() && tail_ == end_) in_thought_ = false;
    return false;
  }
  void finish(std::string&, std::string&) {}
  bool in_thought() const { return in_thought_; }
  bool mid_character() const { return false; }
  bool looping() const { return false; }
  std::string stop_string() const { return ""; }

 private:
  std::vector<int32_t> end_, tail_;
  bool in_thought_;
};

}  // namespace retort
