#include "retort/train/traces.h"

#include <gtest/gtest.h>

#include "retort/base/error.h"
#include "retort/problems/verify.h"
#include "retort/train/scripted_lm.h"
#include "retort/train/test_ranks.h"
#include "retort/train/test_student.h"

namespace retort::train {
namespace {

class TracesTest : public testing::Test {
 protected:
  static DataRecipe data() {
    DataRecipe d;
    d.families = {{"arithmetic", 1}};
    d.styles = {"brief"};
    return d;
  }
  /// Answers the lessons at odd places wrongly.
  ScriptedLM teacher() {
    std::vector<std::vector<int32_t>> texts;
    for (uint64_t place = 0; place < 40; ++place) {
      Lesson lesson = stream.at(place);
      problems::Turn turn = lesson.problem.turns[lesson.turn];
      if (place % 2 == 1) turn.answer = "no idea";
      std::vector<int32_t> all = text.prompt(lesson.problem, lesson.turn);
      for (int32_t token : text.completion(turn, lesson.style)) all.push_back(token);
      texts.push_back(std::move(all));
    }
    return ScriptedLM::of_texts(tokenizer.vocabulary_size(), std::move(texts));
  }
  TraceSet sample(int threads, const TracesRecipe& recipe, int k = 4) {
    ThreadPool pool(threads);
    Arena arena;
    Context ctx{pool, arena, kernels};
    ScriptedLM model = teacher();
    return sample_traces({model, ctx, text}, stream, recipe, k, 1);
  }

  Tokenizer tokenizer = test_tokenizer();
  ChatTemplate chat_template = test_template();
  ProblemText text{tokenizer, chat_template};
  ProblemStream stream{data(), {2, 3}, 5};
  kernels::KernelTable kernels = kernels::kernel_table(kernels::choose_isa());
};

TEST_F(TracesTest, OnlyWhatTheVerifierAcceptsIsKept) {
  TraceSet set = sample(1, {.problems = 40});
  EXPECT_EQ(set.accepted.trials, 40);
  EXPECT_EQ(set.accepted.successes, 20);
  ASSERT_EQ(set.traces.size(), 20u);
  for (const Trace& trace : set.traces) {
    EXPECT_EQ(trace.place % 2, 0u);
    Lesson lesson = stream.at(trace.place);
    EXPECT_TRUE(
        problems::verify_completion(lesson.problem, text.text_of(trace.completion), lesson.turn).correct());
    EXPECT_EQ(trace.completion.back(), text.eos());
  }
}

TEST_F(TracesTest, TheTeachersLikeliestTokensStandBesideEachToken) {
  for (const Trace& trace : sample(1, {.problems = 10}).traces) {
    ASSERT_EQ(trace.top_ids.size(), trace.completion.size() * 4);
    ASSERT_EQ(trace.top_log_probs.size(), trace.top_ids.size());
    for (size_t i = 0; i < trace.completion.size(); ++i) {
      EXPECT_EQ(trace.top_ids[4 * i], trace.completion[i]);  // a script leaves no doubt
      EXPECT_GT(trace.top_log_probs[4 * i], trace.top_log_probs[4 * i + 1]);
    }
  }
}

TEST_F(TracesTest, EqualAnswersToOneProblemAreKeptOnce) {
  TraceSet set = sample(1, {.problems = 4, .samples = 5});
  EXPECT_EQ(set.accepted.trials, 20);
  EXPECT_EQ(set.traces.size(), 2u);
}

TEST_F(TracesTest, AreTheSameForEveryNumberOfThreads) {
  TraceSet a = sample(1, {.problems = 40}), b = sample(3, {.problems = 40});
  ASSERT_EQ(a.traces.size(), b.traces.size());
  for (size_t i = 0; i < a.traces.size(); ++i) {
    EXPECT_EQ(a.traces[i].place, b.traces[i].place);
    EXPECT_EQ(a.traces[i].completion, b.traces[i].completion);
    EXPECT_EQ(a.traces[i].top_log_probs, b.traces[i].top_log_probs);
  }
}

TEST_F(TracesTest, AreTheSameForEveryNumberOfRanks) {
  TraceSet alone = sample(1, {.problems = 38, .samples = 2});
  for (int n : {2, 4})
    on_ranks(n, [&](Communicator& ranks) {
      ThreadPool pool(1);
      Arena arena;
      Context ctx{pool, arena, kernels};
      ScriptedLM model = teacher();
      TraceSet set = sample_traces(ranks, {model, ctx, text}, stream, {.problems = 38, .samples = 2}, 4, 1);
      EXPECT_EQ(set.accepted.trials, alone.accepted.trials);
      EXPECT_EQ(set.sampled_tokens, alone.sampled_tokens);
      ASSERT_EQ(set.traces.size(), alone.traces.size());
      for (size_t i = 0; i < set.traces.size(); ++i) {
        EXPECT_EQ(set.traces[i].place, alone.traces[i].place);
        EXPECT_EQ(set.traces[i].completion, alone.traces[i].completion);
        EXPECT_EQ(set.traces[i].top_log_probs, alone.traces[i].top_log_probs);
      }
    });
}

TEST_F(TracesTest, AnAnswerWithoutEndIsNotKept) {
  TraceSet set = sample(1, {.problems = 10, .max_new_tokens = 3});
  EXPECT_EQ(set.accepted.successes, 0);
  EXPECT_TRUE(set.traces.empty());
}

}  // namespace
}  // namespace retort::train
