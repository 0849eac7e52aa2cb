#include "retort/infer/scheduler.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace retort {
namespace {

/// A scheduler with a stand-in for the model: `step` computes the plan and appends a token to whoever asks.
struct Bench {
  Scheduler scheduler;
  std::vector<std::unique_ptr<PagedSequence>> sequences = {};

  PagedSequence& add(int64_t n_tokens, int32_t first = 0) {
    auto sequence = std::make_unique<PagedSequence>();
    sequence->id = sequences.size() + 1;
    for (int64_t i = 0; i < n_tokens; ++i) sequence->tokens.push_back(first + static_cast<int32_t>(i));
    sequences.push_back(std::move(sequence));
    scheduler.add(*sequences.back());
    return *sequences.back();
  }

  /// The numbers of tokens scheduled, by sequence (1, 2, ...).
  std::vector<int64_t> step() {
    std::vector<int64_t> n_tokens(sequences.size(), 0);
    std::vector<PagedSequence*> sampled;
    for (const ScheduledSequence& s : scheduler.plan()) {
      n_tokens[s.sequence->id - 1] = s.n_tokens;
      auto places = static_cast<int64_t>(s.sequence->pages.size()) * kernels::kPageTokens;
      EXPECT_GE(places, s.sequence->computed + s.n_tokens) << "sequence " << s.sequence->id;
      if (s.wants_logits()) sampled.push_back(s.sequence);
    }
    scheduler.commit();
    for (PagedSequence* s : sampled) s->tokens.push_back(1000 + static_cast<int32_t>(s->tokens.size()));
    return n_tokens;
  }
};

using Tokens = std::vector<int64_t>;

TEST(Scheduler, LongPromptsAreComputedInChunksThatEndWithPages) {
  Bench bench{Scheduler(64, {.step_tokens = 100})};
  bench.add(250);
  EXPECT_EQ(bench.step(), Tokens{96});
  EXPECT_EQ(bench.step(), Tokens{96});
  EXPECT_EQ(bench.step(), Tokens{58});
  EXPECT_EQ(bench.step(), Tokens{1});
}

TEST(Scheduler, RunningStreamsGoFirst) {
  Bench bench{Scheduler(64, {.step_tokens = 64})};
  bench.add(10);
  bench.step();
  bench.add(500, 5000);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(bench.step(), (Tokens{1, 32}));
}

TEST(Scheduler, ArrivalsJoinARunningBatchUpToTheLimit) {
  Bench bench{Scheduler(64, {.max_running = 2})};
  bench.add(10, 0);
  bench.add(10, 100);
  bench.add(10, 200);
  EXPECT_EQ(bench.step(), (Tokens{10, 10, 0}));
  bench.scheduler.remove(*bench.sequences[0]);
  EXPECT_EQ(bench.step(), (Tokens{0, 1, 10}));
}

TEST(Scheduler, ALaterRequestSharesTheFullPagesOfItsPrefix) {
  Bench bench{Scheduler(64, {})};
  PagedSequence& first = bench.add(100);
  bench.step();
  PagedSequence& second = bench.add(100);
  EXPECT_EQ(bench.step(), (Tokens{1, 4}));
  EXPECT_EQ(second.shared, 96);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(first.pages[i], second.pages[i]);
  EXPECT_NE(first.pages[3], second.pages[3]);
}

TEST(Scheduler, TheLastTokenIsComputedEvenIfItsPageIsKnown) {
  Bench bench{Scheduler(64, {})};
  bench.add(64);
  bench.step();
  PagedSequence& second = bench.add(64);
  EXPECT_EQ(bench.step(), (Tokens{1, 32}));
  EXPECT_EQ(second.shared, 32);
  // What it computed again is one page with what was known.
  EXPECT_EQ(second.pages[1], bench.sequences[0]->pages[1]);
}

TEST(Scheduler, TheSamePromptTwiceAtOnceIsComputedOnce) {
  Bench bench{Scheduler(64, {.step_tokens = 96})};
  PagedSequence& first = bench.add(200);
  PagedSequence& second = bench.add(200);
  EXPECT_EQ(bench.step(), (Tokens{96, 0}));
  EXPECT_EQ(bench.step(), (Tokens{96, 0}));
  EXPECT_EQ(bench.step(), (Tokens{8, 8}));
  EXPECT_EQ(second.shared, 192);
  EXPECT_EQ(std::vector(first.pages.begin(), first.pages.begin() + 6),
            std::vector(second.pages.begin(), second.pages.begin() + 6));
}

TEST(Scheduler, AWaitingTwinGoesOnAloneWhenTheFirstLeaves) {
  Bench bench{Scheduler(64, {.step_tokens = 96})};
  bench.add(200);
  bench.add(200);
  EXPECT_EQ(bench.step(), (Tokens{96, 0}));
  bench.scheduler.remove(*bench.sequences[0]);
  EXPECT_EQ(bench.step(), (Tokens{0, 96}));
  EXPECT_EQ(bench.step(), (Tokens{0, 8}));
}

TEST(Scheduler, WithoutSharingEveryoneComputesForThemselves) {
  Bench bench{Scheduler(64, {.share_prefixes = false})};
  bench.add(100);
  bench.add(100);
  EXPECT_EQ(bench.step(), (Tokens{100, 100}));
  bench.scheduler.remove(*bench.sequences[0]);
  EXPECT_EQ(bench.scheduler.pages().n_unused(), 0);
}

TEST(Scheduler, TheYoungestGivesItsPagesUpAndComesBackFirst) {
  Bench bench{Scheduler(5, {.max_running = 2, .share_prefixes = false})};
  PagedSequence& first = bench.add(32, 0);
  PagedSequence& second = bench.add(32, 100);
  PagedSequence& third = bench.add(1, 200);
  for (int i = 0; i < 34; ++i) bench.step();  // both reach three pages; there are five
  EXPECT_EQ(second.preemptions, 1);
  EXPECT_EQ(first.preemptions, 0);
  EXPECT_TRUE(second.pages.empty());
  EXPECT_EQ(third.computed, 0);
  bench.scheduler.remove(first);
  Tokens tokens = bench.step();
  EXPECT_EQ(tokens[1], static_cast<int64_t>(second.tokens.size()) - 1);  // all that it had, computed again
  EXPECT_EQ(tokens[2], 1);
}

TEST(Scheduler, AStreamOfThisStepCanStillLoseItsPagesToAnOlderPrompt) {
  // Every step computes one page of the long prompt and a token of the short one, which takes more pages with
  // time than it had on arrival.
  Bench bench{Scheduler(42, {.step_tokens = 63, .share_prefixes = false})};
  PagedSequence& older = bench.add(40 * 32, 0);
  PagedSequence& younger = bench.add(31, 5000);
  while (older.remaining() > 1) bench.step();
  EXPECT_EQ(older.computed, 40 * 32);
  EXPECT_EQ(younger.preemptions, 1);
  EXPECT_GT(younger.tokens.size(), 60u);
}

TEST(Scheduler, AnArrivalWaitsRatherThanPushOthersOut) {
  Bench bench{Scheduler(6, {.share_prefixes = false})};
  bench.add(64, 0);
  PagedSequence& second = bench.add(100, 500);  // four pages, and two may be needed by the first
  for (int i = 0; i < 30; ++i) bench.step();
  EXPECT_EQ(second.computed, 0);
  bench.scheduler.remove(*bench.sequences[0]);
  EXPECT_EQ(bench.step()[1], 100);
  EXPECT_EQ(bench.scheduler.n_preemptions(), 0);
}

TEST(Scheduler, APreemptedSequenceFindsItsOwnPagesAgain) {
  Bench bench{Scheduler(7, {})};
  bench.add(32, 0);
  PagedSequence& second = bench.add(96, 100);
  bench.step();
  while (second.preemptions == 0) bench.step();
  bench.scheduler.remove(*bench.sequences[0]);
  bench.step();
  EXPECT_GE(second.shared, 64);
}

TEST(Scheduler, RemovalReturnsEveryPage) {
  Bench bench{Scheduler(16, {})};
  bench.add(100);
  bench.add(100);
  bench.add(70, 900);
  bench.step();
  bench.step();
  for (auto& s : bench.sequences) bench.scheduler.remove(*s);
  EXPECT_EQ(bench.scheduler.pages().n_held(), 0);
  EXPECT_EQ(bench.scheduler.pages().n_available(), 16);
  EXPECT_TRUE(bench.scheduler.plan().empty());
}

}  // namespace
}  // namespace retort
