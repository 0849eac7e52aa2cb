#include "retort/text/repetition.h"

#include <algorithm>

#include "retort/base/error.h"

namespace retort {

RepetitionDetector::RepetitionDetector(RepetitionOptions options) : options_(options) {
  constexpr uint32_t kMostPeriod = 1 << 16;
  if (options.max_period < 1 || options.max_period > kMostPeriod || options.min_repeats < 2)
    fail(ErrorCode::bad_input, "repetition: max_period {} must be within 1 and {}, min_repeats {} at least 2",
         options.max_period, kMostPeriod, options.min_repeats);
  uint32_t n = options.max_period;
  tail_.assign(size_t{2} * n, 0);
  runs_.assign(n, 0);
  for (uint32_t period = n; period >= 1; --period) {
    uint64_t tokens = std::max<uint64_t>(uint64_t{options.min_repeats} * period, options.min_tokens);
    needed_.push_back(static_cast<uint32_t>(std::min<uint64_t>(tokens - period, UINT32_MAX - 1)));
  }
}

void RepetitionDetector::reset() {
  count_ = 0;
  std::fill(runs_.begin(), runs_.end(), 0);
}

std::optional<Repetition> RepetitionDetector::push(int32_t token) {
  const uint32_t n = options_.max_period;
  const auto at = static_cast<uint32_t>(count_ % n);
  const int32_t* window = tail_.data() + at;  // window[n - p] is the token p before this one
  const auto known = static_cast<uint32_t>(std::min<uint64_t>(count_, n));
  uint32_t hit = n;  // the last index, that is the shortest period
  for (uint32_t i = n - known; i < n; ++i) {
    runs_[i] = window[i] == token ? std::min(runs_[i], UINT32_MAX - 1) + 1 : 0;
    if (runs_[i] >= needed_[i]) hit = i;
  }
  tail_[at] = token;
  tail_[at + n] = token;
  ++count_;
  if (hit == n) return std::nullopt;
  return Repetition{.period = n - hit, .repeats = runs_[hit] / (n - hit) + 1};
}

}  // namespace retort
