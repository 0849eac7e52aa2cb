#include "retort/infer/thinking_budget.h"

#include <gtest/gtest.h>

#include "retort/base/error.h"

namespace retort {
namespace {

constexpr int32_t kText = 50;  // what the model says when it is not forced

/// Generates until max_new_tokens: the model never ends its thought; the tokens 1 2 spell </think>.
struct Generated {
  std::vector<int32_t> tokens;
  bool in_thought = true;
};
Generated run(ThinkingBudget& budget, int64_t max_new_tokens, auto mid_character) {
  Generated out;
  for (int64_t i = 0; i < max_new_tokens; ++i) {
    std::optional<int32_t> forced = budget.next_forced(out.in_thought, mid_character(i));
    out.tokens.push_back(forced.value_or(kText));
    size_t n = out.tokens.size();
    bool was = out.in_thought;
    if (n >= 2 && out.tokens[n - 2] == 1 && out.tokens[n - 1] == 2) out.in_thought = false;
    budget.observe(was, out.in_thought);
  }
  return out;
}
Generated run(ThinkingBudget& budget, int64_t max_new_tokens) {
  return run(budget, max_new_tokens, [](int64_t) { return false; });
}

using Tokens = std::vector<int32_t>;

TEST(ThinkingBudget, ForcesTheEndAfterSoManyTokens) {
  ThinkingBudget budget({.think_end = {1, 2}, .budget = 3}, 8);
  EXPECT_EQ(run(budget, 8).tokens, (Tokens{50, 50, 50, 1, 2, 50, 50, 50}));
  EXPECT_EQ(budget.reasoning_tokens(), 5);
  EXPECT_EQ(budget.forced_tokens(), 2);
  EXPECT_EQ(budget.thought_end(), ThoughtEnd::budget);
}

TEST(ThinkingBudget, ZeroClosesAtOnceWithoutTransition) {
  ThinkingBudget budget({.think_end = {1, 2}, .transition = {7, 8}, .budget = 0}, 4);
  EXPECT_EQ(run(budget, 4).tokens, (Tokens{1, 2, 50, 50}));
}

TEST(ThinkingBudget, TheTransitionComesBeforeTheEnd) {
  ThinkingBudget budget({.think_end = {1, 2}, .transition = {7, 8}, .budget = 1}, 7);
  EXPECT_EQ(run(budget, 7).tokens, (Tokens{50, 7, 8, 1, 2, 50, 50}));
}

TEST(ThinkingBudget, TheReserveIsLeftForTheAnswer) {
  for (int64_t max_new_tokens : {5, 10, 40}) {
    for (bool transition : {false, true}) {
      ThinkingOptions options{.think_end = {1, 2}, .answer_reserve = 3};
      if (transition) options.transition = {7, 8};
      ThinkingBudget budget(options, max_new_tokens);
      Generated r = run(budget, max_new_tokens);
      EXPECT_FALSE(r.in_thought);
      EXPECT_EQ(Tokens(r.tokens.end() - 5, r.tokens.end()), (Tokens{1, 2, 50, 50, 50})) << max_new_tokens;
      EXPECT_EQ(budget.thought_end(), ThoughtEnd::answer_reserve);
    }
  }
}

TEST(ThinkingBudget, AReserveLargerThanAllClosesAtOnce) {
  ThinkingBudget budget({.think_end = {1, 2}, .answer_reserve = 100}, 4);
  EXPECT_EQ(run(budget, 4).tokens, (Tokens{1, 2, 50, 50}));
}

TEST(ThinkingBudget, WaitsForACharacterToBecomeComplete) {
  ThinkingBudget budget({.think_end = {1, 2}, .budget = 2}, 8);
  EXPECT_EQ(run(budget, 8, [](int64_t i) { return i >= 1 && i <= 3; }).tokens,
            (Tokens{50, 50, 50, 50, 1, 2, 50, 50}));
}

TEST(ThinkingBudget, WaitsNoLongerThanACharacterCanTake) {
  ThinkingBudget budget({.think_end = {1, 2}, .budget = 1}, 8);
  EXPECT_EQ(run(budget, 8, [](int64_t) { return true; }).tokens, (Tokens{50, 50, 50, 50, 50, 1, 2, 50}));
}

TEST(ThinkingBudget, ALoopIsClosedOnlyIfAskedTo) {
  for (bool stop_loops : {false, true}) {
    ThinkingBudget budget({.think_end = {1, 2}, .stop_loops = stop_loops}, 4);
    budget.report_loop();
    EXPECT_EQ(run(budget, 4).tokens, stop_loops ? (Tokens{1, 2, 50, 50}) : Tokens(4, 50));
    EXPECT_EQ(budget.thought_end(), stop_loops ? ThoughtEnd::loop : ThoughtEnd::none);
  }
}

TEST(ThinkingBudget, ANaturalEndStopsTheCounting) {
  ThinkingBudget budget({.think_end = {1, 2}, .budget = 3}, 10);
  budget.observe(true, true);
  budget.observe(true, false);
  for (int i = 0; i < 8; ++i) {
    EXPECT_FALSE(budget.next_forced(false, false));
    budget.observe(false, false);
  }
  EXPECT_EQ(budget.reasoning_tokens(), 2);
  EXPECT_EQ(budget.thought_end(), ThoughtEnd::natural);
}

TEST(ThinkingBudget, NothingIsForcedOutsideAThought) {
  ThinkingBudget budget({.think_end = {1, 2}, .budget = 0, .answer_reserve = 5}, 10);
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(budget.next_forced(false, false));
    budget.observe(false, false);
  }
  EXPECT_EQ(budget.thought_end(), ThoughtEnd::none);
}

TEST(ThinkingBudget, TokensThatDoNotSpellTheEndAreForcedOnce) {
  ThinkingBudget budget({.think_end = {9}, .budget = 1}, 5);
  EXPECT_EQ(run(budget, 5).tokens, (Tokens{50, 9, 50, 50, 50}));
  EXPECT_EQ(budget.reasoning_tokens(), 5);
  EXPECT_EQ(budget.thought_end(), ThoughtEnd::none);
}

TEST(ThinkingBudget, AThoughtOpenedAgainIsClosedAgain) {
  ThinkingBudget budget({.think_end = {1}, .budget = 1}, 10);
  EXPECT_FALSE(budget.next_forced(true, false));
  budget.observe(true, true);
  EXPECT_EQ(budget.next_forced(true, false), 1);
  budget.observe(true, false);
  EXPECT_FALSE(budget.next_forced(false, false));
  budget.observe(false, true);
  EXPECT_EQ(budget.next_forced(true, false), 1);
}

}  // namespace
}  // namespace retort
