#include "retort/text/think_splitter.h"

#include <algorithm>

namespace retort {
namespace {

constexpr std::string_view kOpen = "<think>";
constexpr std::string_view kClose = "</think>";
constexpr std::string_view kBlank = " \t\r\n";

bool may_become(std::string_view text, std::string_view tag) {
  return tag.starts_with(text.substr(0, tag.size())) || text.starts_with(tag);
}

/// Where a tail begins that may still grow to be `tag`; text.size() if none.
size_t partial_tag(std::string_view text, std::string_view tag) {
  for (size_t n = std::min(tag.size() - 1, text.size()); n > 0; --n)
    if (tag.starts_with(text.substr(text.size() - n))) return text.size() - n;
  return text.size();
}

}  // namespace

ThinkSplitter::ThinkSplitter(bool in_thought) : starts_in_thought_(in_thought) {}

ThinkDelta ThinkSplitter::feed(std::string_view chunk) {
  ThinkDelta delta;
  held_ += chunk;
  if (state_ == State::start) start(delta);
  if (state_ == State::thought) thought(delta);
  if (state_ == State::content) content(delta);
  return delta;
}

void ThinkSplitter::begin_thought() {
  state_ = State::thought;
  newlines_to_drop_ = 1;
}

/// Waits until the text's start is no longer white space or part of `<think>`.
void ThinkSplitter::start(ThinkDelta&) {
  auto first = held_.find_first_not_of(kBlank, scanned_);
  if (first == held_.npos) {
    scanned_ = held_.size();
    return;
  }
  scanned_ = first;
  std::string_view text = std::string_view(held_).substr(first);
  if (text.starts_with(kOpen)) {
    held_.erase(0, first + kOpen.size());
    scanned_ = 0;
    return begin_thought();
  }
  if (may_become(text, kOpen)) return;
  scanned_ = 0;
  if (starts_in_thought_)
    begin_thought();
  else
    state_ = State::content;
}

void ThinkSplitter::drop_newlines() {
  while (newlines_to_drop_ > 0 && held_.starts_with('\n')) {
    held_.erase(0, 1);
    --newlines_to_drop_;
  }
  if (!held_.empty()) newlines_to_drop_ = 0;
}

/// Hands out all but a tail that may be white space before the end of the thought, or the tag itself.
void ThinkSplitter::thought(ThinkDelta& delta) {
  drop_newlines();
  size_t close = held_.find(kClose, scanned_);
  size_t end = close == held_.npos ? partial_tag(held_, kClose) : close;
  // held_[0, scanned_) is white space that was looked at before.
  auto solid =
      std::string_view(held_).substr(0, end).substr(std::min(scanned_, end)).find_last_not_of(kBlank);
  size_t certain = solid == std::string_view::npos ? 0 : std::min(scanned_, end) + solid + 1;
  delta.reasoning.append(held_, 0, certain);
  if (close == held_.npos) {
    held_.erase(0, certain);
    scanned_ = end - certain;
    return;
  }
  held_.erase(0, close + kClose.size());
  scanned_ = 0;
  state_ = State::content;
  newlines_to_drop_ = 2;
}

void ThinkSplitter::content(ThinkDelta& delta) {
  drop_newlines();
  delta.content += held_;
  held_.clear();
}

ThinkDelta ThinkSplitter::finish() {
  ThinkDelta delta;
  if (state_ == State::start && starts_in_thought_) {
    begin_thought();
    drop_newlines();
  }
  (state_ == State::thought ? delta.reasoning : delta.content) += held_;
  held_.clear();
  scanned_ = 0;
  return delta;
}

}  // namespace retort
