// ThinkingBudget: when a thought has to end, and with which tokens it is ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace retort {

struct ThinkingOptions {
  bool starts_in_thought = false;  // the prompt ends in an open <think>
  std::vector<int32_t>
      think_end;  // the token or tokens of "</think>"; needed if a thought may have to be ended
  std::vector<int32_t> transition;  // forced before them ("\n\nTime to answer.\n"), unless the budget is 0
  std::optional<int64_t> budget;    // at most so many tokens of thought
  int64_t answer_reserve = 0;       // tokens of max_new_tokens that the thought may not use; 0: none
  bool stop_loops = false;          // end a thought that repeats itself

  bool may_force() const { return budget.has_value() || answer_reserve > 0 || stop_loops; }
  /// Throws Error bad_input.
  void validate(int64_t vocab_size) const;
};

/// Why the thought ended.
enum class ThoughtEnd {
  none,            // there was no thought, or it never ended
  natural,         // the model ended it
  budget,          // forced: thinking.budget was used up
  answer_reserve,  // forced: the rest of max_new_tokens belongs to the answer
  loop,            // forced: it repeated itself
};
std::string_view name(ThoughtEnd end);

/// Follows one request. Before each token, `next_forced` says whether it is chosen here instead of by the
/// sampler; after each, `observe` is told what came out. Depends on the request's own tokens only.
class ThinkingBudget {
 public:
  ThinkingBudget(const ThinkingOptions& options, int64_t max_new_tokens);

  /// `mid_character`: the text so far ends inside a UTF-8 character, which is left to complete, within
  /// bounds.
  std::optional<int32_t> next_forced(bool in_thought, bool mid_character);
  /// `was_in_thought` before the token and `in_thought` after it.
  void observe(bool was_in_thought, bool in_thought);
  /// The thought repeats itself.
  void report_loop() { looping_ = true; }

  /// Tokens of thought, those that close it included.
  int64_t reasoning_tokens() const { return reasoning_tokens_; }
  int64_t forced_tokens() const { return forced_tokens_; }
  ThoughtEnd thought_end() const { return end_; }

 private:
  ThoughtEnd due() const;
  void begin_forcing(ThoughtEnd why);

  // A character has at most four bytes, so three more tokens complete it unless they carry no bytes.
  static constexpr int kMaxWait = 4;

  ThinkingOptions options_;
  int64_t max_new_tokens_;
  int64_t generated_ = 0;
  int64_t reasoning_tokens_ = 0;
  int64_t forced_tokens_ = 0;
  int waited_ = 0;
  bool looping_ = false;
  bool forcing_ = false;
  std::vector<int32_t> forced_;  // what is being forced
  size_t next_ = 0;              // index into it
  ThoughtEnd why_ = ThoughtEnd::none;
  ThoughtEnd end_ = ThoughtEnd::none;
};

}  // namespace retort
