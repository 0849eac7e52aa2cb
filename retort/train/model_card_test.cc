#include "retort/train/model_card.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace retort::train {
namespace {

using testing::HasSubstr;
using testing::Not;

class ModelCard : public testing::Test {
 protected:
  ModelCard() {
    config.architecture = "llama";
    config.vocab_size = 512;
    config.hidden_size = 64;
    config.intermediate_size = 192;
    config.num_hidden_layers = 4;
    config.num_attention_heads = 4;
    config.num_key_value_heads = 2;
    config.head_dim = 16;
    config.max_position_embeddings = 512;
    config.tie_word_embeddings = true;
    recipe = parse_recipe(R"({"output": "/home/somebody/student", "teacher": "/home/somebody/teacher",
      "student": {"hidden_size": 64, "intermediate_size": 192, "num_hidden_layers": 4, "num_attention_heads": 4},
      "data": {"families": {"arithmetic": 1, "logic": 2}, "levels": [1, 2]}, "traces": {"problems": 50},
      "stages": [{"kind": "verified_traces"}], "budget": {"tokens": 1e6}})",
                          "recipe.json");
  }
  std::string card() const { return model_card({"micro-x", "abc123", recipe, config, events}); }

  ModelConfig config;
  Recipe recipe;
  std::vector<Json> events = {
      {{"event", "begun"}, {"flops_per_token", {{"value", 1e6}}}},
      {{"event", "traces"}, {"answers", 50}, {"accepted", 40}, {"sampled_tokens", 1234}},
      {{"event", "step"}, {"step", 1}, {"tokens", 1000}, {"tokens_per_second", 100.0}},
      {{"event", "step"}, {"step", 2}, {"tokens", 2000}, {"tokens_per_second", 1.0}},
      {{"event", "resumed"}},
      {{"event", "step"}, {"step", 2}, {"tokens", 2000}, {"tokens_per_second", 50.0}},
      {{"event", "examination"},
       {"tokens", 2000},
       {"scores",
        {{{"family", "arithmetic"},
          {"level", 1},
          {"accuracy", 0.9},
          {"low", 0.88},
          {"high", 0.92},
          {"problems", 1000}},
         {{"family", "logic"},
          {"level", 2},
          {"accuracy", 0.3},
          {"low", 0.27},
          {"high", 0.33},
          {"problems", 1000}}}}}};
};

TEST_F(ModelCard, SaysWhoseItIsAndHowItWasMade) {
  EXPECT_THAT(card(), HasSubstr("# micro-x\n"));
  EXPECT_THAT(card(), HasSubstr("It is not DeepSeek's"));
  EXPECT_THAT(card(), HasSubstr("| `verified_traces` | 1 | cross entropy on what the teacher wrote"));
  EXPECT_THAT(card(), HasSubstr("- Teacher: teacher.\n"));
  EXPECT_THAT(card(), HasSubstr("arithmetic, logic, levels 1, 2"));
}

TEST_F(ModelCard, SaysHowAStudentStartedFromAnother) {
  recipe.student.grow_from = "/home/somebody/base";
  events.push_back({{"event", "started"}, {"summary", "layers from 2 to 4"}});
  EXPECT_THAT(card(), HasSubstr("Grown by Retort from base"));
  EXPECT_THAT(card(), HasSubstr("- Starts from base: layers from 2 to 4.\n"));
  EXPECT_THAT(card(), Not(HasSubstr("somebody")));
}

TEST_F(ModelCard, NamesNoPathOfTheMachine) {
  EXPECT_THAT(card(), Not(HasSubstr("somebody")));
}

TEST_F(ModelCard, CountsAStepThatWasDoneTwiceOnce) {
  EXPECT_THAT(card(), HasSubstr("| tokens | 2000 | measured |"));
  EXPECT_THAT(card(), HasSubstr("| training | 30 s | measured"));
  EXPECT_THAT(card(), HasSubstr("predicted: tokens * (6 W + 6 A T)"));
  EXPECT_THAT(card(), HasSubstr("40 of 50 right, 1234 tokens"));
}

TEST_F(ModelCard, HasAccuracyWithIntervalNumberAndRun) {
  EXPECT_THAT(card(), HasSubstr("Measured by run abc123 after 2000 tokens"));
  EXPECT_THAT(card(), HasSubstr("| arithmetic | 1 | 90.0 % | 88.0 to 92.0 | 1000 |"));
}

TEST_F(ModelCard, ComparesItselfRoundedBeforeAndAfterAQuantisedStage) {
  EXPECT_THAT(card(), Not(HasSubstr("Rounded to")));
  const auto examination = [](int step, int tokens, double accuracy, const char* format) {
    Json event = {
        {"event", "examination"},
        {"step", step},
        {"tokens", tokens},
        {"scores", {{{"family", "logic"}, {"level", 1}, {"accuracy", accuracy}, {"problems", 1000}}}}};
    if (*format != 0) event["quantise"] = format;
    return event;
  };
  recipe.stages[0].quantise = "int4-g32";
  events = {examination(10, 1000, 0.6, ""), examination(10, 1000, 0.2, "int4-g32"),
            examination(20, 2000, 0.55, "int4-g32"), examination(20, 2000, 0.6, "")};
  const std::string text = card();
  EXPECT_THAT(text, HasSubstr("weights rounded to `int4-g32`"));
  EXPECT_THAT(text,
              HasSubstr("| before that stage: rounded after training | 1000 | 60.0 % (56.9 to 63.0) | 20.0 "
                        "% (17.6 to 22.6) |"));
  EXPECT_THAT(text,
              HasSubstr("| after it: quantisation-aware | 2000 | 60.0 % (56.9 to 63.0) | 55.0 % (51.9 to "
                        "58.1) |"));
}

TEST_F(ModelCard, SaysWhatItCannotDo) {
  EXPECT_THAT(card(), HasSubstr("more than 512 tokens"));
  EXPECT_THAT(card(), HasSubstr("has not seen: dialogue, recall, functions"));
  EXPECT_THAT(card(), HasSubstr("Levels other than 1, 2"));
  EXPECT_THAT(card(), HasSubstr("Wrong more often than right: logic 2."));
  EXPECT_THAT(card(), Not(HasSubstr("arithmetic 1.")));
}

TEST_F(ModelCard, WithoutAnExaminationSaysSo) {
  events.pop_back();
  EXPECT_THAT(card(), HasSubstr("has not been measured"));
  EXPECT_THAT(card(), Not(HasSubstr("What it knows")));
}

TEST_F(ModelCard, OfAPublishedModelRefersToItsCard) {
  recipe.student.from = "/models/DeepSeek-R1-Distill-Qwen-1.5B";
  EXPECT_THAT(card(), HasSubstr("Trained further by Retort from DeepSeek-R1-Distill-Qwen-1.5B"));
  EXPECT_THAT(card(), Not(HasSubstr("micro family")));
}

}  // namespace
}  // namespace retort::train
