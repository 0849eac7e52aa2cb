#include "retort/text/word_counts.h"

#include <algorithm>

#include "retort/base/error.h"

namespace retort {
namespace {

constexpr uint64_t kMostOccurringBytes = uint64_t{1} << 62;
constexpr uint64_t kNodeBytes = 80;  // of the table, for one word: its node, its slot, its count

uint64_t cost(std::string_view word) {
  return kNodeBytes + word.size();
}

}  // namespace

void WordCounts::add(std::string_view word, uint64_t count) {
  if (word.empty() || count == 0) return;
  uint64_t more = 0;
  if (__builtin_mul_overflow(uint64_t(word.size()), count, &more) ||
      more > kMostOccurringBytes - occurring_bytes_)
    fail(ErrorCode::resource, "tokenizer training: texts of more than {} bytes, counted as often as asked",
         kMostOccurringBytes);
  occurring_bytes_ += more;
  if (word.size() > kLongestWord) {
    dropped_ += count;
    return;
  }
  auto found = counts_.find(word);
  if (found != counts_.end()) {
    found->second += count;
    return;
  }
  counts_.emplace(word, count);
  bytes_ += cost(word);
  if (bytes_ > max_bytes_) forget_rarest();
}

/// All words up to a count go, so that the order of the texts within a count has no say.
void WordCounts::forget_rarest() {
  std::vector<std::pair<uint64_t, uint64_t>> by_count;  // count, cost
  by_count.reserve(counts_.size());
  for (auto& [word, count] : counts_) by_count.emplace_back(count, cost(word));
  std::sort(by_count.begin(), by_count.end());
  uint64_t floor = 0, left = bytes_;
  for (auto& [count, bytes] : by_count) {
    if (left <= max_bytes_ / 2 && count > floor) break;
    floor = count;
    left -= bytes;
  }
  std::erase_if(counts_, [&](auto& entry) {
    bool rare = entry.second <= floor;
    if (rare) dropped_ += entry.second;
    return rare;
  });
  bytes_ = left;
}

std::vector<WordCounts::Word> WordCounts::sorted() const {
  std::vector<Word> words;
  words.reserve(counts_.size());
  for (auto& [word, count] : counts_) words.push_back({word, count});
  std::sort(words.begin(), words.end(), [](auto& a, auto& b) { return a.bytes < b.bytes; });
  return words;
}

}  // namespace retort
