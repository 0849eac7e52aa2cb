#include "retort/train/dataset.h"

#include <algorithm>
#include <cmath>

#include "retort/base/checksum.h"
#include "retort/base/error.h"

namespace retort::train {
namespace {

constexpr float kMaxLogProb = 1e-3f;  // above 0 by no more than rounding

template <typename T>
std::span<const T> part(const std::vector<T>& all, size_t begin, size_t end, size_t per_token = 1) {
  return std::span(all).subspan(begin * per_token, (end - begin) * per_token);
}

}  // namespace

Dataset::Dataset(int64_t vocab_size, int top_k) : vocab_size_(vocab_size), top_k_(top_k) {
  if (vocab_size < 1) fail(ErrorCode::bad_input, "dataset: a vocabulary of {} tokens", vocab_size);
  if (top_k < 0 || top_k > vocab_size)
    fail(ErrorCode::bad_input, "dataset: {} of the teacher's tokens a place; 0 to {} are possible", top_k,
         vocab_size);
}

void Dataset::add(const TokenSequence& sequence) {
  check(sequence);
  const size_t n = sequence.tokens.size();
  tokens_.insert(tokens_.end(), sequence.tokens.begin(), sequence.tokens.end());
  if (sequence.predicted.empty())
    predicted_.insert(predicted_.end(), n, uint8_t{1});
  else
    predicted_.insert(predicted_.end(), sequence.predicted.begin(), sequence.predicted.end());
  top_ids_.insert(top_ids_.end(), sequence.top_ids.begin(), sequence.top_ids.end());
  top_log_probs_.insert(top_log_probs_.end(), sequence.top_log_probs.begin(), sequence.top_log_probs.end());
  begins_.push_back(tokens_.size());
  longest_ = std::max(longest_, static_cast<int64_t>(n));
}

void Dataset::check(const TokenSequence& sequence) const {
  const size_t n = sequence.tokens.size();
  if (n < 2) fail(ErrorCode::bad_input, "sequence {}: {} tokens; at least 2 are needed", size(), n);
  for (size_t i = 0; i < n; ++i)
    if (sequence.tokens[i] < 0 || sequence.tokens[i] >= vocab_size_)
      fail(ErrorCode::bad_input, "sequence {}: token {} is {}, outside the vocabulary of {}", size(), i,
           sequence.tokens[i], vocab_size_);
  if (!sequence.predicted.empty()) {
    if (sequence.predicted.size() != n)
      fail(ErrorCode::bad_input, "sequence {}: {} tokens but a mask of {}", size(), n,
           sequence.predicted.size());
    if (std::none_of(sequence.predicted.begin() + 1, sequence.predicted.end(),
                     [](uint8_t p) { return p != 0; }))
      fail(ErrorCode::bad_input, "sequence {}: its mask leaves nothing to learn", size());
  }
  check_teacher(sequence);
}

void Dataset::check_teacher(const TokenSequence& sequence) const {
  const size_t n = sequence.tokens.size(), k = static_cast<size_t>(top_k_);
  if (sequence.top_ids.size() != n * k || sequence.top_log_probs.size() != n * k)
    fail(ErrorCode::bad_input,
         "sequence {}: {} teacher's tokens with {} log-probabilities; {} x {} are expected", size(),
         sequence.top_ids.size(), sequence.top_log_probs.size(), n, k);
  std::vector<int32_t> sorted(k);
  for (size_t i = 1; i < n; ++i) {
    std::copy_n(sequence.top_ids.begin() + static_cast<ptrdiff_t>(i * k), k, sorted.begin());
    std::sort(sorted.begin(), sorted.end());
    const bool repeats = std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
    if (repeats || (k > 0 && (sorted.front() < 0 || sorted.back() >= vocab_size_)))
      fail(ErrorCode::bad_input, "sequence {}: the teacher's tokens at {} {}", size(), i,
           repeats ? "repeat" : "are outside the vocabulary");
    for (size_t j = i * k; j < (i + 1) * k; ++j)
      if (!(sequence.top_log_probs[j] <= kMaxLogProb) || !std::isfinite(sequence.top_log_probs[j]))
        fail(ErrorCode::bad_input, "sequence {}: the teacher's log-probability {} at {} is impossible",
             size(), sequence.top_log_probs[j], i);
  }
}

Dataset::View Dataset::operator[](int64_t i) const {
  const size_t begin = begins_[static_cast<size_t>(i)], end = begins_[static_cast<size_t>(i) + 1];
  const auto k = static_cast<size_t>(top_k_);
  return {part(tokens_, begin, end), part(predicted_, begin, end), part(top_ids_, begin, end, k),
          part(top_log_probs_, begin, end, k)};
}

std::string Dataset::checksum() const {
  Checksum sum;
  sum.add(fmt::format("{} {} ", vocab_size_, top_k_));
  const auto add = [&](const auto& list) { sum.add(std::as_bytes(std::span(list))); };
  add(begins_);
  add(tokens_);
  add(predicted_);
  add(top_ids_);
  add(top_log_probs_);
  return sum.hex();
}

}  // namespace retort::train
