#include "retort/infer/thinking_budget.h"

#include "retort/base/error.h"

namespace retort {
namespace {

constexpr int64_t kMaxForcedTokens = 1024;
constexpr std::string_view kNames[] = {"none", "natural", "budget", "answer_reserve", "loop"};

void check_ids(const char* name, const std::vector<int32_t>& ids, int64_t vocab_size) {
  if (static_cast<int64_t>(ids.size()) > kMaxForcedTokens)
    fail(ErrorCode::bad_input, "thinking: {} has {} tokens; at most {} are allowed", name, ids.size(),
         kMaxForcedTokens);
  for (int32_t id : ids)
    if (id < 0 || id >= vocab_size)
      fail(ErrorCode::bad_input, "thinking: {} holds token {}; the vocabulary has {}", name, id, vocab_size);
}

int64_t size(const std::vector<int32_t>& ids) {
  return static_cast<int64_t>(ids.size());
}

}  // namespace

std::string_view name(ThoughtEnd end) {
  return kNames[static_cast<size_t>(end)];
}

void ThinkingOptions::validate(int64_t vocab_size) const {
  check_ids("think_end", think_end, vocab_size);
  check_ids("transition", transition, vocab_size);
  if (budget && *budget < 0)
    fail(ErrorCode::bad_input, "thinking: budget is {}; it must be 0 or more", *budget);
  if (answer_reserve < 0)
    fail(ErrorCode::bad_input, "thinking: answer_reserve is {}; it must be 0 or more", answer_reserve);
  if (may_force() && think_end.empty())
    fail(ErrorCode::bad_input,
         "thinking: a budget, a reserve or loop detection needs the tokens of </think>");
}

ThinkingBudget::ThinkingBudget(const ThinkingOptions& options, int64_t max_new_tokens)
    : options_(options), max_new_tokens_(max_new_tokens) {}

/// Why the thought has to end now, or none.
ThoughtEnd ThinkingBudget::due() const {
  if (options_.budget && reasoning_tokens_ >= *options_.budget) return ThoughtEnd::budget;
  int64_t left = max_new_tokens_ - generated_ - size(options_.think_end) - size(options_.transition);
  if (options_.answer_reserve > 0 && left <= options_.answer_reserve) return ThoughtEnd::answer_reserve;
  return looping_ && options_.stop_loops ? ThoughtEnd::loop : ThoughtEnd::none;
}

std::optional<int32_t> ThinkingBudget::next_forced(bool in_thought, bool mid_character) {
  if (!in_thought || !options_.may_force()) return std::nullopt;
  if (!forcing_) {
    ThoughtEnd why = due();
    if (why == ThoughtEnd::none) return std::nullopt;
    if (mid_character && waited_ < kMaxWait) {
      ++waited_;
      return std::nullopt;
    }
    begin_forcing(why);
  }
  // Once all was forced and the thought still stands open, the tokens do not spell its end: leave it alone.
  if (next_ == forced_.size()) return std::nullopt;
  ++forced_tokens_;
  return forced_[next_++];
}

void ThinkingBudget::begin_forcing(ThoughtEnd why) {
  forcing_ = true;
  why_ = why;
  forced_.clear();
  next_ = 0;
  // The transition is for a thought that was cut short, and goes when the reserve has no room for it.
  int64_t left = max_new_tokens_ - generated_ - size(options_.think_end);
  if (reasoning_tokens_ > 0 && left - size(options_.transition) >= options_.answer_reserve)
    forced_ = options_.transition;
  forced_.insert(forced_.end(), options_.think_end.begin(), options_.think_end.end());
}

void ThinkingBudget::observe(bool was_in_thought, bool in_thought) {
  ++generated_;
  if (was_in_thought) ++reasoning_tokens_;
  if (was_in_thought && !in_thought) {
    end_ = forcing_ ? why_ : ThoughtEnd::natural;
    forcing_ = false;
    waited_ = 0;
  }
}

}  // namespace retort
