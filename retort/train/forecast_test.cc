#include "retort/train/forecast.h"

#include <gtest/gtest.h>

#include "retort/train/small_models.h"

namespace retort::train {
namespace {

TEST(Forecast, CountsTheParametersThatTheModelHas) {
  for (bool tied : {true, false})
    for (const char* architecture : {"llama", "qwen2"}) {
      ModelConfig c = base_config();
      c.architecture = architecture;
      c.attention_bias = c.architecture == "qwen2";
      c.tie_word_embeddings = tied;
      EXPECT_EQ(model_cost(c).parameters, static_cast<uint64_t>(TrainableDecoder(c).parameter_count()))
          << architecture << (tied ? ", tied" : "");
    }
}

ModelConfig mixture() {
  ModelConfig c = base_config();
  c.architecture = "mixtral";
  c.intermediate_size = 256;
  c.num_local_experts = 8;
  c.num_experts_per_tok = 2;
  return c;
}

TEST(Forecast, AMixtureIsMultipliedByTheExpertsThatATokenUsesAndKeepsAll) {
  const ModelCost dense = model_cost(base_config()), mixed = model_cost(mixture());
  EXPECT_EQ(mixed.parameters, static_cast<uint64_t>(TrainableDecoder(mixture()).parameter_count()));
  // Two experts of half the width compute what the dense feed-forward does; the router comes on top.
  EXPECT_EQ(mixed.product_weights, dense.product_weights + 5 * 8 * 256);
  EXPECT_EQ(mixed.matrix_weights, mixed.product_weights + 5 * 6 * 3 * 256 * 256);
  EXPECT_EQ(dense.matrix_weights, dense.product_weights);
  EXPECT_EQ(training_memory(mixed, 0).products, 2 * mixed.parameters + 2 * mixed.matrix_weights);
  EXPECT_GT(mixed.activations, dense.activations);
}

TEST(Forecast, OperationsFollowTheFormula) {
  ModelCost cost = model_cost(base_config());
  // The 3.2 M base: 21.2 MFLOP a token at 256 tokens.
  EXPECT_NEAR(training_flops_per_token(cost, 256) / 1e6, 21.2, 0.4);
  EXPECT_EQ(training_flops_per_token(cost, 0), 6.0 * static_cast<double>(cost.product_weights));
}

TEST(Forecast, MemoryOfImpossibleSizesDoesNotWrap) {
  ModelConfig c = base_config();
  c.hidden_size = int64_t{1} << 20;
  c.intermediate_size = int64_t{1} << 22;
  c.num_hidden_layers = 4096;
  MemoryForecast memory = training_memory(model_cost(c), uint64_t{1} << 40);
  EXPECT_GT(memory.total(), uint64_t{1} << 50);
  EXPECT_GE(memory.total(), memory.state);
  EXPECT_GE(memory.total(), memory.activations);
}

}  // namespace
}  // namespace retort::train
