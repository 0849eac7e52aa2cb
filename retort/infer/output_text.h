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
  OutputText(const PieceFn&, const Request&) {}
  bool push(int32_t, std::string&, std::string&) { return false; }
  void finish(std::string&, std::string&) {}
  bool in_thought() const { return false; }
  bool mid_character() const { return false; }
  bool looping() const { return false; }
  std::string stop_string() const { return ""; }
};

}  // namespace retort
