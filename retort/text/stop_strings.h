// Stop strings over a stream of text: lets text pass as soon as it cannot be the start of a stop string,
// and never lets part of one pass. Linear time: an Aho-Corasick automaton over bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace retort {

struct StopLimits {
  size_t max_strings = 256;
  size_t max_bytes = 16 << 10;  // of all together
};

class StopMatcher {
 public:
  /// No string may be empty.
  explicit StopMatcher(const std::vector<std::string>& stops, StopLimits limits = {});

  /// The text that may go out. After a stop string ended, nothing more.
  std::string feed(std::string_view chunk);
  /// The text ended: what was held back.
  std::string finish();

  /// The stop string that ended first, by its place in the list; the longest of those that end together.
  std::optional<size_t> matched() const { return matched_; }

 private:
  struct Node {
    std::vector<std::pair<uint8_t, uint32_t>> next;  // by byte, sorted
    uint32_t fallback = 0;                           // the longest proper suffix that is a prefix too
    uint32_t depth = 0;
    int32_t stop = -1;  // that ends here, or at the nearest fallback
  };

  void add(std::string_view stop, int32_t index);
  void link();
  std::optional<uint32_t> child(uint32_t node, uint8_t byte) const;
  uint32_t step(uint32_t node, uint8_t byte) const;

  std::vector<Node> nodes_;
  std::vector<size_t> lengths_;
  uint32_t state_ = 0;
  std::string held_;  // the last nodes_[state_].depth bytes
  std::optional<size_t> matched_;
};

}  // namespace retort
