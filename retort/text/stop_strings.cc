#include "retort/text/stop_strings.h"

#include <algorithm>

#include "retort/base/error.h"

namespace retort {

StopMatcher::StopMatcher(const std::vector<std::string>& stops, StopLimits limits) : nodes_(1) {
  if (stops.size() > limits.max_strings)
    fail(ErrorCode::bad_input, "stop: {} strings are over the limit of {}", stops.size(), limits.max_strings);
  size_t bytes = 0;
  for (size_t i = 0; i < stops.size(); ++i) {
    if (stops[i].empty()) fail(ErrorCode::bad_input, "stop: string {} is empty; leave it out", i + 1);
    bytes += stops[i].size();
    if (bytes > limits.max_bytes)
      fail(ErrorCode::bad_input, "stop: the strings have more than the limit of {} bytes together",
           limits.max_bytes);
    lengths_.push_back(stops[i].size());
    add(stops[i], static_cast<int32_t>(i));
  }
  link();
}

void StopMatcher::add(std::string_view stop, int32_t index) {
  uint32_t at = 0;
  for (char c : stop) {
    auto byte = static_cast<uint8_t>(c);
    if (auto known = child(at, byte)) {
      at = *known;
      continue;
    }
    auto fresh = static_cast<uint32_t>(nodes_.size());
    nodes_.emplace_back();
    nodes_.back().depth = nodes_[at].depth + 1;
    auto& next = nodes_[at].next;
    next.insert(std::upper_bound(next.begin(), next.end(), std::pair{byte, fresh}), {byte, fresh});
    at = fresh;
  }
  if (nodes_[at].stop < 0) nodes_[at].stop = index;
}

/// Fallbacks, breadth first: a node's is found from its parent's.
void StopMatcher::link() {
  std::vector<uint32_t> order{0};
  for (size_t i = 0; i < order.size(); ++i) {
    for (auto [byte, node] : nodes_[order[i]].next) {
      order.push_back(node);
      nodes_[node].fallback = order[i] == 0 ? 0 : step(nodes_[order[i]].fallback, byte);
      if (nodes_[node].stop < 0) nodes_[node].stop = nodes_[nodes_[node].fallback].stop;
    }
  }
}

std::optional<uint32_t> StopMatcher::child(uint32_t node, uint8_t byte) const {
  const auto& next = nodes_[node].next;
  auto it = std::lower_bound(next.begin(), next.end(), std::pair{byte, uint32_t{0}});
  if (it == next.end() || it->first != byte) return std::nullopt;
  return it->second;
}

uint32_t StopMatcher::step(uint32_t node, uint8_t byte) const {
  while (true) {
    if (auto next = child(node, byte)) return *next;
    if (node == 0) return 0;
    node = nodes_[node].fallback;
  }
}

std::string StopMatcher::feed(std::string_view chunk) {
  if (matched_) return {};
  held_ += chunk;
  size_t seen = held_.size() - chunk.size();
  for (char c : chunk) {
    ++seen;
    state_ = step(state_, static_cast<uint8_t>(c));
    if (nodes_[state_].stop < 0) continue;
    matched_ = static_cast<size_t>(nodes_[state_].stop);
    std::string out = held_.substr(0, seen - lengths_[*matched_]);
    held_.clear();
    return out;
  }
  std::string out = held_.substr(0, held_.size() - nodes_[state_].depth);
  held_.erase(0, out.size());
  return out;
}

std::string StopMatcher::finish() {
  state_ = 0;
  return std::exchange(held_, {});
}

}  // namespace retort
