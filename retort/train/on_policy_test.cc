#include "retort/train/on_policy.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "retort/train/lessons.h"
#include "retort/train/scripted_lm.h"
#include "retort/train/test_student.h"

namespace retort::train {
namespace {

class OnPolicy : public testing::Test {
 protected:
  static DataRecipe data() {
    DataRecipe d;
    d.families = {{"arithmetic", 1}};
    d.styles = {"brief"};
    return d;
  }
  /// Says `token` eight times, then ends.
  static ScriptedLM::Script stutter(int32_t token, int32_t eos) {
    return [=](std::span<const int32_t> so_far) {
      const bool done = so_far.size() >= 8 &&
                        std::all_of(so_far.end() - 8, so_far.end(), [&](int32_t t) { return t == token; });
      return done ? eos : token;
    };
  }
  StepBatch batch(int64_t step, int64_t max_length = 200) {
    ScriptedLM student(tokenizer.vocabulary_size(), stutter(kToken, text.eos()));
    Context ctx{pool, arena, kernels};
    return on_policy_batch(
        *alone, {student, ctx, text}, stream, step,
        {.vocab_size = tokenizer.vocabulary_size(),
         .max_length = max_length,
         .batch = {.seed = 1, .sequences = 6, .micro_batch_rows = 4096, .virtual_shards = 2}});
  }
  static std::vector<int32_t> predicted_targets(const StepBatch& batch) {
    std::vector<int32_t> targets;
    for (const auto& shard : batch.shards)
      for (const MicroBatch& micro : shard)
        for (size_t i = 0; i < micro.targets.size(); ++i)
          if (micro.predicted[i] != 0) targets.push_back(micro.targets[i]);
    return targets;
  }

  static constexpr int32_t kToken = 77;
  std::unique_ptr<Communicator> alone = make_lone_communicator();
  Tokenizer tokenizer = test_tokenizer();
  ChatTemplate chat_template = test_template();
  ProblemText text{tokenizer, chat_template};
  ProblemStream stream{data(), {1}, 5};
  ThreadPool pool{2};
  Arena arena;
  kernels::KernelTable kernels = kernels::kernel_table(kernels::choose_isa());
};

TEST_F(OnPolicy, WhatCountsIsWhatTheStudentSaid) {
  std::vector<int32_t> targets = predicted_targets(batch(0));
  EXPECT_EQ(std::count(targets.begin(), targets.end(), kToken), 6 * 8);
  EXPECT_EQ(std::count(targets.begin(), targets.end(), text.eos()), 6);
  EXPECT_EQ(targets.size(), 6u * 9);
}

TEST_F(OnPolicy, AStepIsTheSameWheneverItIsComputed) {
  StepBatch a = batch(3);
  batch(0);
  EXPECT_EQ(a.shards, batch(3).shards);
}

TEST_F(OnPolicy, StepsAskDifferentProblems) {
  EXPECT_NE(batch(0).shards, batch(1).shards);
}

TEST_F(OnPolicy, LongAnswersAreCut) {
  ScriptedLM student(tokenizer.vocabulary_size(), [](std::span<const int32_t>) { return kToken; });
  Context ctx{pool, arena, kernels};
  StepBatch cut = on_policy_batch(*alone, {student, ctx, text}, stream, 0,
                                  {.vocab_size = tokenizer.vocabulary_size(),
                                   .max_length = 50,
                                   .batch = {.seed = 1, .sequences = 4, .virtual_shards = 2}});
  EXPECT_EQ(cut.rows, 4 * 49);
}

}  // namespace
}  // namespace retort::train
