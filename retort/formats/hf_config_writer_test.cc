#include "retort/formats/hf_config_writer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace retort {
namespace {

ModelConfig small(const std::string& architecture) {
  ModelConfig c;
  c.architecture = architecture;
  c.vocab_size = 1024;
  c.hidden_size = 256;
  c.intermediate_size = 512;
  c.num_hidden_layers = 5;
  c.num_attention_heads = 4;
  c.num_key_value_heads = 2;
  c.head_dim = 64;
  c.max_position_embeddings = 512;
  c.rms_norm_eps = 1e-5;
  c.rope_theta = 50000;
  c.tie_word_embeddings = true;
  c.attention_bias = architecture == "qwen2";
  c.torch_dtype = "bfloat16";
  c.bos_token_id = 3;
  c.eos_token_ids = {5};
  return c;
}

/// Reading what was written gives what it was written from: as far as a second writing shows.
void expect_round_trip(const ModelConfig& config) {
  const Json json = to_hf_config(config);
  const ModelConfig read = parse_hf_config(json, "config.json");
  EXPECT_EQ(to_hf_config(read).dump(), json.dump());
  EXPECT_EQ(read.architecture, config.architecture);
  EXPECT_EQ(read.hidden_size, config.hidden_size);
  EXPECT_EQ(read.head_dim, config.head_dim);
  EXPECT_EQ(read.rope_theta, config.rope_theta);
  EXPECT_EQ(read.rope_scaling.type, config.rope_scaling.type);
  EXPECT_EQ(read.attention_bias, config.attention_bias);
  EXPECT_EQ(read.attention_output_bias, config.attention_output_bias);
  EXPECT_EQ(read.tie_word_embeddings, config.tie_word_embeddings);
  EXPECT_EQ(read.bos_token_id, config.bos_token_id);
  EXPECT_EQ(read.eos_token_ids, config.eos_token_ids);
  EXPECT_EQ(read.num_local_experts, config.num_local_experts);
  EXPECT_EQ(read.num_experts_per_tok, config.num_experts_per_tok);
}

TEST(HfConfigWriter, WritesWhatIsReadBackTheSame) {
  for (const char* architecture : {"llama", "qwen2"}) expect_round_trip(small(architecture));
  ModelConfig biased = small("llama");
  biased.attention_bias = biased.attention_output_bias = true;
  biased.tie_word_embeddings = false;
  biased.eos_token_ids = {5, 9};
  biased.bos_token_id.reset();
  expect_round_trip(biased);
}

TEST(HfConfigWriter, WritesTheExpertsOfAMixture) {
  ModelConfig c = small("mixtral");
  c.num_local_experts = 8;
  c.num_experts_per_tok = 2;
  expect_round_trip(c);
}

TEST(HfConfigWriter, WritesEveryRopeScaling) {
  using Type = RopeScaling::Type;
  for (Type type : {Type::linear, Type::dynamic, Type::llama3, Type::yarn}) {
    ModelConfig c = small("llama");
    c.rope_scaling.type = type;
    c.rope_scaling.factor = 4;
    c.rope_scaling.original_max_position_embeddings = 128;
    c.rope_scaling.attention_factor = type == Type::yarn ? std::optional(1.25) : std::nullopt;
    expect_round_trip(c);
  }
}

}  // namespace
}  // namespace retort
