#include "retort/train/lessons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "retort/base/error.h"
#include "retort/problems/verify.h"
#include "retort/train/test_student.h"

namespace retort::train {
namespace {

using testing::HasSubstr;

class LessonsTest : public testing::Test {
 protected:
  static DataRecipe data() {
    DataRecipe d;
    d.families = {{"arithmetic", 1}};
    d.styles = {"brief", "full"};
    return d;
  }
  Lessons make(const LessonLimits& limits, bool answers_only = false, int threads = 1) {
    ThreadPool pool(threads);
    return make_lessons(pool, stream, text, answers_only, limits, tokenizer.vocabulary_size());
  }
  std::string decoded(const Dataset::View& view, bool predicted) {
    std::vector<int32_t> tokens;
    for (size_t i = 0; i < view.tokens.size(); ++i)
      if ((view.predicted[i] != 0) == predicted) tokens.push_back(view.tokens[i]);
    return tokenizer.decode(tokens);
  }

  Tokenizer tokenizer = test_tokenizer();
  ChatTemplate chat_template = test_template();
  ProblemText text{tokenizer, chat_template};
  ProblemStream stream{data(), {1, 2}, 3};
};

TEST_F(LessonsTest, OnlyWhatTheModelSaysCounts) {
  Lessons lessons = make({.count = 20, .max_length = 1000});
  for (int64_t i = 0; i < 20; ++i) {
    Lesson lesson = stream.at(static_cast<uint64_t>(i));
    EXPECT_EQ(decoded(lessons.dataset[i], false),
              "<｜User｜>" + lesson.problem.turns[0].user + "<｜Assistant｜><think>\n");
    EXPECT_EQ(decoded(lessons.dataset[i], true),
              problems::completion(lesson.problem.turns[0], lesson.style) + "<｜end▁of▁sentence｜>");
  }
}

TEST_F(LessonsTest, WhatIsTaughtIsWhatTheVerifierAccepts) {
  for (uint64_t place = 0; place < 50; ++place) {
    Lesson lesson = stream.at(place);
    std::vector<int32_t> completion = text.completion(lesson.problem.turns[0], lesson.style);
    EXPECT_TRUE(problems::verify_completion(lesson.problem, text.text_of(completion)).correct());
  }
}

TEST_F(LessonsTest, AnswersAloneFollowAnEmptyThought) {
  Lessons lessons = make({.count = 5, .max_length = 1000}, /*answers_only=*/true);
  for (int64_t i = 0; i < 5; ++i)
    EXPECT_EQ(decoded(lessons.dataset[i], true),
              "\n</think>\n\n" + stream.at(static_cast<uint64_t>(i)).problem.turns[0].answer +
                  "<｜end▁of▁sentence｜>");
}

TEST_F(LessonsTest, TheyEndWhereTheTokensEnd) {
  Lessons lessons = make({.tokens = 5000, .max_length = 1000});
  EXPECT_GE(lessons.dataset.tokens(), 5000);
  EXPECT_LT(lessons.dataset.tokens(), 5000 + lessons.dataset.longest());
}

TEST_F(LessonsTest, AreTheSameForEveryNumberOfThreads) {
  EXPECT_EQ(make({.count = 3000, .max_length = 1000}).dataset.checksum(),
            make({.count = 3000, .max_length = 1000}, false, 3).dataset.checksum());
}

TEST_F(LessonsTest, LongOnesAreLeftOutAndCounted) {
  Lessons lessons = make({.count = 200, .max_length = 60});
  EXPECT_EQ(lessons.dataset.size(), 200);
  EXPECT_LE(lessons.dataset.longest(), 60);
  EXPECT_GT(lessons.left_out, 0);
}

TEST_F(LessonsTest, AnErrorSaysSoWhenAllAreTooLong) {
  try {
    make({.count = 10, .max_length = 16});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("schedule.max_length: "));
  }
}

class TraceLessonsTest : public LessonsTest {
 protected:
  /// The gold answers to the first lessons, each token with two likeliest ones.
  TraceSet traces(uint64_t n) {
    TraceSet set;
    for (uint64_t place = 0; place < n; ++place) {
      Lesson lesson = stream.at(place);
      Trace trace{.place = place, .completion = text.completion(lesson.problem.turns[0], lesson.style)};
      for (int32_t token : trace.completion) {
        trace.top_ids.insert(trace.top_ids.end(), {token, token == 9 ? 8 : 9});
        trace.top_log_probs.insert(trace.top_log_probs.end(), {-0.1f, -3.0f});
      }
      set.traces.push_back(std::move(trace));
    }
    return set;
  }
};

TEST_F(TraceLessonsTest, TheTeachersTokensStandBesideItsAnswer) {
  Lessons lessons = trace_lessons(traces(10), stream, text,
                                  {.k = 2, .max_length = 500, .vocab_size = tokenizer.vocabulary_size()});
  ASSERT_EQ(lessons.dataset.size(), 10);
  for (int64_t i = 0; i < 10; ++i) {
    Dataset::View view = lessons.dataset[i];
    for (size_t j = 0; j < view.tokens.size(); ++j)
      if (view.predicted[j] != 0) {
        EXPECT_EQ(view.top_ids[2 * j], view.tokens[j]);
        EXPECT_EQ(view.top_log_probs[2 * j + 1], -3.0f);
      }
  }
}

TEST_F(TraceLessonsTest, LongOnesAreLeftOutOrCut) {
  TraceLessonOptions options{.max_length = 60, .vocab_size = tokenizer.vocabulary_size()};
  Lessons left_out = trace_lessons(traces(100), stream, text, options);
  EXPECT_GT(left_out.left_out, 0);
  EXPECT_EQ(left_out.dataset.size() + left_out.left_out, 100);
  options.cut = true;
  Lessons cut = trace_lessons(traces(100), stream, text, options);
  EXPECT_EQ(cut.dataset.size(), 100);
  EXPECT_EQ(cut.dataset.longest(), 60);
}

TEST_F(LessonsTest, EarlierTurnsStandWithTheirGoldAnswers) {
  problems::Problem problem;
  problem.turns = {{.user = "My name is Ada.", .answer = "ok"}, {.user = "My name?", .answer = "Ada"}};
  EXPECT_EQ(tokenizer.decode(text.prompt(problem, 1)),
            "<｜User｜>My name is Ada.<｜Assistant｜>ok<｜end▁of▁sentence｜><｜User｜>My "
            "name?<｜Assistant｜><think>\n");
}

TEST_F(LessonsTest, OfADrillEveryTokenCountsAndThreadsChangeNothing) {
  std::vector<Lessons> made;
  for (int threads : {1, 3}) {
    ThreadPool pool(threads);
    made.push_back(make_drills(pool, text, 7, 20'000, 128, tokenizer.vocabulary_size()));
  }
  const Dataset &a = made[0].dataset, &b = made[1].dataset;
  ASSERT_EQ(a.size(), b.size());
  EXPECT_GE(a.tokens(), 20'000);
  for (int64_t i = 0; i < a.size(); ++i) {
    ASSERT_TRUE(std::ranges::equal(a[i].tokens, b[i].tokens));
    ASSERT_EQ(decoded(a[i], false), "");
    ASSERT_LE(a[i].tokens.size(), 128u);
  }
  EXPECT_EQ(a[0].tokens.back(), text.eos());
}

TEST_F(LessonsTest, DrillsThatAreAllTooLongAreRefused) {
  ThreadPool pool(1);
  try {
    make_drills(pool, text, 7, 20'000, 8, tokenizer.vocabulary_size());
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.message(), HasSubstr("schedule.max_length: 4096 of 4096 drills are longer than 8 tokens"));
  }
}

}  // namespace
}  // namespace retort::train
