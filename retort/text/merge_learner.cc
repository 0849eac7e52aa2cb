#include "retort/text/merge_learner.h"

#include <cstddef>

#include "retort/base/check.h"

namespace retort {
namespace {

uint64_t key_of(int32_t left, int32_t right) {
  return uint64_t(uint32_t(left)) << 32 | uint32_t(right);
}
int32_t left_of(uint64_t pair) {
  return static_cast<int32_t>(pair >> 32);
}
int32_t right_of(uint64_t pair) {
  return static_cast<int32_t>(pair & UINT32_MAX);
}

}  // namespace

MergeLearner::MergeLearner(const std::vector<WordCounts::Word>& words, uint64_t min_count,
                           uint32_t max_token_bytes)
    : min_count_(min_count), max_token_bytes_(max_token_bytes) {
  RETORT_CHECK(words.size() < UINT32_MAX);
  for (int b = 0; b < 256; ++b) pieces_.emplace_back(1, static_cast<char>(b));
  known_.insert(pieces_.begin(), pieces_.end());
  size_t bytes = 0;
  for (auto& word : words) bytes += word.bytes.size();
  symbols_.reserve(bytes);
  words_.reserve(words.size());
  for (auto& word : words) {
    words_.push_back({symbols_.size(), static_cast<uint32_t>(word.bytes.size()), word.count});
    for (char byte : word.bytes) symbols_.push_back(static_cast<uint8_t>(byte));
  }
  for (uint32_t w = 0; w < words_.size(); ++w) {
    auto* s = symbols_.data() + words_[w].offset;
    for (uint32_t i = 0; i + 1 < words_[w].length; ++i) more(s[i], s[i + 1], w);
  }
  offer_fresh();
}

std::vector<int32_t> MergeLearner::tokens(size_t word) const {
  auto begin = symbols_.begin() + static_cast<std::ptrdiff_t>(words_[word].offset);
  return {begin, begin + words_[word].length};
}

bool MergeLearner::step() {
  while (!queue_.empty()) {
    auto top = queue_.top();
    queue_.pop();
    auto found = pairs_.find(top.pair);
    uint64_t count = found->second.count;
    // A pair that waits in the queue only loses: new occurrences arise beside the newest token alone.
    if (count >= min_count_ && count != top.count) {
      queue_.push({count, top.pair});
      continue;
    }
    auto words = std::move(found->second.words);
    pairs_.erase(found);
    auto left = left_of(top.pair), right = right_of(top.pair);
    if (count < min_count_ || !make_token(left, right)) continue;
    auto merged = static_cast<int32_t>(pieces_.size()) - 1;
    for (auto word : words) merge_in(word, left, right, merged);
    offer_fresh();
    return true;
  }
  return false;
}

/// False where the token would be too long, or exists ("abc" of "ab" and "c", and of "a" and "bc").
bool MergeLearner::make_token(int32_t left, int32_t right) {
  auto piece = pieces_[size_t(left)] + pieces_[size_t(right)];
  if (piece.size() > max_token_bytes_ || !known_.insert(piece).second) return false;
  pieces_.push_back(std::move(piece));
  merges_.emplace_back(left, right);
  return true;
}

void MergeLearner::merge_in(uint32_t word, int32_t left, int32_t right, int32_t merged) {
  auto& w = words_[word];
  auto* s = symbols_.data() + w.offset;
  uint32_t out = 0;
  for (uint32_t i = 0; i < w.length;) {
    if (i + 1 == w.length || s[i] != left || s[i + 1] != right) {
      s[out++] = s[i++];
      continue;
    }
    if (out > 0) {
      less(s[out - 1], left, w.count);
      more(s[out - 1], merged, word);
    }
    if (i + 2 < w.length) {
      less(right, s[i + 2], w.count);
      more(merged, s[i + 2], word);
    }
    s[out++] = merged;
    i += 2;
  }
  w.length = out;
}

void MergeLearner::more(int32_t left, int32_t right, uint32_t word) {
  auto [place, inserted] = pairs_.try_emplace(key_of(left, right));
  if (inserted) fresh_.push_back(place->first);
  auto& pair = place->second;
  pair.count += words_[word].count;
  if (pair.words.empty() || pair.words.back() != word) pair.words.push_back(word);
}

/// One that is not there was passed over, or is being merged.
void MergeLearner::less(int32_t left, int32_t right, uint64_t count) {
  auto found = pairs_.find(key_of(left, right));
  if (found != pairs_.end()) found->second.count -= count;
}

void MergeLearner::offer_fresh() {
  for (auto pair : fresh_) {
    auto found = pairs_.find(pair);
    if (found->second.count < min_count_)
      pairs_.erase(found);
    else
      queue_.push({found->second.count, pair});
  }
  fresh_.clear();
}

}  // namespace retort
