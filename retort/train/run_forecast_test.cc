#include "retort/train/run_forecast.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "retort/base/error.h"
#include "retort/train/small_models.h"

namespace retort::train {
namespace {

Recipe recipe(const char* stages, const char* more = "") {
  return parse_recipe(
      std::string(R"({"output": "out", "student": {"hidden_size": 256, "intermediate_size": 512,
      "num_hidden_layers": 5, "num_attention_heads": 4, "num_key_value_heads": 2},
      "data": {"families": {"arithmetic": 1}}, "budget": {"tokens": 1e6}, "stages": )") +
          stages + more + "}",
      "/recipes/recipe.json");
}

TEST(RunForecast, TheTeacherCountsWhereItIsAtHand) {
  const TeacherSize teacher{base_config(20), 40'000'000};
  const auto memory = [&](const char* kind) {
    return run_memory(recipe(kind, R"(, "teacher": "t", "traces": {"problems": 1000})"),
                      {base_config(5), teacher, 1000000});
  };
  const MemoryForecast texts = memory(R"([{"kind": "verified_traces"}])");
  EXPECT_EQ(texts.teacher, 0u);
  EXPECT_GT(texts.sampling, teacher.bytes);
  EXPECT_GT(memory(R"([{"kind": "layers"}])").teacher, teacher.bytes);
  // Beside each token of a trace, the teacher's likeliest are kept.
  EXPECT_GT(memory(R"([{"kind": "logits"}])").data, 5 * texts.data);
}

TEST(RunForecast, ExaminationsCountUnlessThereAreNone) {
  const MemoryForecast with =
      run_memory(recipe(R"([{"kind": "gold_traces"}])"), {base_config(5), {}, 1000000});
  const MemoryForecast without =
      run_memory(recipe(R"([{"kind": "gold_traces"}])", R"(, "evaluation": {"points": 0})"),
                 {base_config(5), {}, 1000000});
  EXPECT_GT(with.caches, 0u);
  EXPECT_EQ(without.caches, 0u);
  EXPECT_EQ(examination_answers(recipe(R"([{"kind": "gold_traces"}])"), base_config(5)).tokens,
            4.0 * 2 * 100 * 256);
}

TEST(RunForecast, AnImpossibleRunIsRefusedWithItsLargestPartAndTheWayOut) {
  Recipe r = recipe(R"([{"kind": "gold_traces"}])");
  MemoryForecast memory = run_memory(r, {base_config(5), {}, 1000000});
  require_memory(r, memory, memory.total());
  memory.teacher = uint64_t{1} << 62;
  try {
    require_memory(r, memory, uint64_t{1} << 33);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::resource);
    EXPECT_THAT(error.message(), testing::HasSubstr("take a smaller teacher"));
    EXPECT_THAT(error.message(), testing::HasSubstr("are free"));
  }
}

TEST(RunForecast, AbsurdSizesStopAtTheTop) {
  Recipe r = recipe(R"([{"kind": "logits"}])", R"(, "teacher": "t",
      "traces": {"problems": 1e8, "samples": 256, "max_new_tokens": 65536, "top_logprobs": 20})");
  ModelConfig c = base_config(4096);
  c.hidden_size = int64_t{1} << 20;
  c.intermediate_size = int64_t{1} << 22;
  EXPECT_GT(run_memory(r, {c, TeacherSize{c, uint64_t{1} << 60}, 1000000}).total(), uint64_t{1} << 55);
}

}  // namespace
}  // namespace retort::train
