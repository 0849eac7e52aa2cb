#include "retort/train/examination.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "retort/base/error.h"
#include "retort/train/scripted_lm.h"
#include "retort/train/test_ranks.h"
#include "retort/train/test_student.h"

namespace retort::train {
namespace {

class ExaminationTest : public testing::Test {
 protected:
  /// Gives the gold answer to every held-out problem of the levels that it knows, else "wrong".
  ScriptedLM student(std::vector<int> known) {
    std::vector<std::vector<int32_t>> texts;
    for (int level : {1, 4})
      for (const problems::Problem& p : problems::generate_distinct(
               {problems::Family::arithmetic, level, problems::Split::test, 0x5eed}, 200)) {
        bool knows = std::find(known.begin(), known.end(), level) != known.end();
        problems::Turn turn = p.turns[0];
        if (!knows) turn.answer = "a number";
        std::vector<int32_t> all = text.prompt(p, 0);
        std::vector<int32_t> completion = text.completion(turn, problems::TraceStyle::brief);
        all.insert(all.end(), completion.begin(), completion.end());
        texts.push_back(std::move(all));
      }
    return ScriptedLM::of_texts(tokenizer.vocabulary_size(), std::move(texts));
  }

  Tokenizer tokenizer = test_tokenizer();
  ChatTemplate chat_template = test_template();
  ProblemText text{tokenizer, chat_template};
  ThreadPool pool{2};
  Arena arena;
  kernels::KernelTable kernels = kernels::kernel_table(kernels::choose_isa());
  Context ctx{pool, arena, kernels};
  EvaluationRecipe recipe{.families = {"arithmetic"}, .levels = {1, 4}, .problems = 100};
};

TEST_F(ExaminationTest, AStudentThatKnowsEverythingHasAllCorrect) {
  ScriptedLM model = student({1, 4});
  ExaminationResult result = examine({model, ctx, text}, recipe);
  ASSERT_EQ(result.scores.size(), 2u);
  EXPECT_EQ(result.all().successes, result.all().trials);
  EXPECT_EQ(result.scores[1].correct.trials, 100);
  EXPECT_GT(result.generated_tokens, 200);
}

TEST_F(ExaminationTest, LevelsAreCountedApart) {
  ScriptedLM model = student({1});
  ExaminationResult result = examine({model, ctx, text}, recipe);
  EXPECT_EQ(result.scores[0].level, 1);
  EXPECT_EQ(result.scores[0].correct.successes, result.scores[0].correct.trials);
  EXPECT_EQ(result.scores[1].correct.successes, 0);
  EXPECT_EQ(result.scores[1].malformed, 100);
  EXPECT_EQ(result.of(problems::Family::arithmetic).trials, result.all().trials);
}

TEST_F(ExaminationTest, AThoughtWithoutEndIsUnfinished) {
  ScriptedLM model(tokenizer.vocabulary_size(), [](std::span<const int32_t>) { return 5; });
  recipe.max_new_tokens = 12;
  ExaminationResult result = examine({model, ctx, text}, recipe);
  EXPECT_EQ(result.all().successes, 0);
  EXPECT_EQ(result.scores[0].unfinished, result.scores[0].correct.trials);
  EXPECT_EQ(result.generated_tokens, 12 * result.all().trials);
}

TEST_F(ExaminationTest, RanksShareTheQuestions) {
  ScriptedLM same = student({1});
  const ExaminationResult alone = examine({same, ctx, text}, recipe);
  on_ranks(2, [&](Communicator& ranks) {
    ThreadPool own_pool(1);
    Arena own_arena;
    Context own{own_pool, own_arena, kernels};
    ScriptedLM model = student({1});
    ExaminationResult result = examine({model, own, text, [] {}, {}, &ranks}, recipe);
    ASSERT_EQ(result.scores.size(), alone.scores.size());
    for (size_t i = 0; i < result.scores.size(); ++i) {
      EXPECT_EQ(result.scores[i].correct.successes, alone.scores[i].correct.successes);
      EXPECT_EQ(result.scores[i].correct.trials, alone.scores[i].correct.trials);
      EXPECT_EQ(result.scores[i].turns.trials, alone.scores[i].turns.trials);
      EXPECT_EQ(result.scores[i].malformed, alone.scores[i].malformed);
    }
    EXPECT_EQ(result.generated_tokens, alone.generated_tokens);
  });
}

TEST_F(ExaminationTest, EveryTurnOfADialogueThatAsksIsAskedAndAllMustBeRight) {
  // Gold answers but to the first question of every other dialogue, which is answered with "a thing".
  std::vector<std::vector<int32_t>> texts;
  int64_t asked = 0, spoilt = 0;
  auto dialogues =
      problems::generate_distinct({problems::Family::dialogue, 3, problems::Split::test, 0x5eed}, 40);
  for (size_t i = 0; i < dialogues.size(); ++i) {
    bool spoil = i % 2 == 0;
    for (size_t t = 0; t < dialogues[i].turns.size(); ++t) {
      problems::Turn turn = dialogues[i].turns[t];
      if (turn.kind == problems::TurnKind::tell) continue;
      ++asked;
      if (spoil) turn.answer = "a thing", ++spoilt;
      spoil = false;
      std::vector<int32_t> all = text.prompt(dialogues[i], t);
      std::vector<int32_t> completion = text.completion(turn, problems::TraceStyle::brief);
      all.insert(all.end(), completion.begin(), completion.end());
      texts.push_back(std::move(all));
    }
  }
  ASSERT_GT(asked, 60);
  ScriptedLM model = ScriptedLM::of_texts(tokenizer.vocabulary_size(), std::move(texts));
  uint64_t answers = 0;
  Examinee examinee{model, ctx, text, [] {},
                    [&](std::string_view, uint64_t done, uint64_t) { answers = done; }};
  ExaminationResult result = examine(examinee, {.families = {"dialogue"}, .levels = {3}, .problems = 40});
  const LevelScore& score = result.scores[0];
  EXPECT_EQ(score.turns.trials, asked);
  EXPECT_EQ(score.turns.successes, asked - spoilt);
  EXPECT_EQ(score.correct.trials, 40);
  EXPECT_EQ(score.correct.successes, 20);
  EXPECT_EQ(answers, static_cast<uint64_t>(asked));
}

TEST_F(ExaminationTest, CanBeStopped) {
  ScriptedLM model = student({1, 4});
  int steps = 0;
  Examinee examinee{model, ctx, text, [&] {
                      if (++steps == 3) fail(ErrorCode::cancelled, "enough");
                    }};
  EXPECT_THROW(examine(examinee, recipe), Error);
}

}  // namespace
}  // namespace retort::train
