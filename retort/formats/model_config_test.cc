#include "retort/formats/model_config.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "retort/base/file.h"
#include "retort/formats/generation_config.h"
#include "retort/formats/gguf.h"
#include "retort/formats/gguf_writer.h"
#include "retort/formats/json_fields.h"
#include "retort/formats/temporary_folder.h"

namespace retort {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ModelConfig parse(std::string_view text) {
  return parse_hf_config(parse_config_json(text, "config.json"), "config.json");
}

/// A llama configuration with these further members.
ModelConfig llama(const std::string& more) {
  return parse(R"({"architectures": ["LlamaForCausalLM"], "hidden_size": 64, "intermediate_size": 128,
      "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 1000, "max_position_embeddings": 131072)" +
               (more.empty() ? "" : ", " + more) + "}");
}

TEST(ModelConfig, ReadsAQwen2DistillAsItIsPublished) {
  const ModelConfig c = parse(R"({
    "architectures": ["Qwen2ForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 151643, "eos_token_id": 151643,
    "hidden_act": "silu", "hidden_size": 1536, "initializer_range": 0.02, "intermediate_size": 8960,
    "max_position_embeddings": 131072, "max_window_layers": 21, "model_type": "qwen2", "num_attention_heads": 12,
    "num_hidden_layers": 28, "num_key_value_heads": 2, "rms_norm_eps": 1e-06, "rope_theta": 10000,
    "sliding_window": 4096, "tie_word_embeddings": false, "torch_dtype": "bfloat16", "transformers_version": "4.44.0",
    "use_cache": true, "use_mrope": false, "use_sliding_window": false, "vocab_size": 151936})");
  EXPECT_EQ(c.architecture, "qwen2");
  EXPECT_EQ(c.hidden_size, 1536);
  EXPECT_EQ(c.head_dim, 128);
  EXPECT_EQ(c.num_key_value_heads, 2);
  EXPECT_EQ(c.rms_norm_eps, 1e-6);
  EXPECT_TRUE(c.attention_bias);
  EXPECT_FALSE(c.attention_output_bias);
  EXPECT_FALSE(c.tie_word_embeddings);
  EXPECT_EQ(c.torch_dtype, "bfloat16");
  EXPECT_THAT(c.eos_token_ids, ElementsAre(151643));
  EXPECT_EQ(c.rope_scaling.type, RopeScaling::Type::none);
  EXPECT_EQ(c.quantization.kind, QuantizationConfig::Kind::none);
}

TEST(ModelConfig, ReadsLlama3ScalingAndListsOfEndTokens) {
  const ModelConfig c = llama(R"("rope_theta": 500000.0, "eos_token_id": [1, 2], "bos_token_id": null,
      "rope_scaling": {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                       "original_max_position_embeddings": 8192, "rope_type": "llama3"})");
  EXPECT_EQ(c.rope_theta, 500000.0);
  EXPECT_EQ(c.rope_scaling.type, RopeScaling::Type::llama3);
  EXPECT_EQ(c.rope_scaling.original_max_position_embeddings, 8192);
  EXPECT_EQ(c.num_key_value_heads, 4);
  EXPECT_FALSE(c.attention_bias);
  EXPECT_THAT(c.eos_token_ids, ElementsAre(1, 2));
  EXPECT_FALSE(c.bos_token_id.has_value());
}

TEST(ModelConfig, OldAndNewSpellingsOfScalingMeanTheSame) {
  const ModelConfig now =
      llama(R"("rope_parameters": {"rope_type": "yarn", "rope_theta": 1000000, "factor": 4,
      "original_max_position_embeddings": 32768, "beta_fast": 16})");
  const ModelConfig old = llama(R"("rope_theta": 1000000, "rope_scaling": {"type": "yarn", "factor": 4,
      "original_max_position_embeddings": 32768, "beta_fast": 16})");
  for (const ModelConfig& c : {now, old}) {
    EXPECT_EQ(c.rope_theta, 1e6);
    EXPECT_EQ(c.rope_scaling.type, RopeScaling::Type::yarn);
    EXPECT_EQ(c.rope_scaling.factor, 4.0);
    EXPECT_EQ(c.rope_scaling.original_max_position_embeddings, 32768);
    EXPECT_EQ(c.rope_scaling.beta_fast, 16.0);
    EXPECT_EQ(c.rope_scaling.beta_slow, 1.0);
    EXPECT_FALSE(c.rope_scaling.attention_factor.has_value());
  }
  EXPECT_EQ(llama(R"("rope_parameters": {"rope_type": "default", "rope_theta": 7.0})").rope_theta, 7.0);
  EXPECT_EQ(llama(R"("rope_scaling": {"type": "dynamic", "factor": 2})")
                .rope_scaling.original_max_position_embeddings,
            131072);
  EXPECT_EQ(llama(R"("rope_scaling": null)").rope_scaling.type, RopeScaling::Type::none);
}

TEST(ModelConfig, LlamaBiasesFollowTheConfiguration) {
  const ModelConfig c = llama(R"("attention_bias": true, "mlp_bias": false)");
  EXPECT_TRUE(c.attention_bias);
  EXPECT_TRUE(c.attention_output_bias);
}

/// Mixtral-8x7B-v0.1's config.json with another window.
ModelConfig mixtral(const std::string& window) {
  return parse(R"({
    "architectures": ["MixtralForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 1, "eos_token_id": 2,
    "hidden_act": "silu", "hidden_size": 4096, "initializer_range": 0.02, "intermediate_size": 14336,
    "max_position_embeddings": 32768, "model_type": "mixtral", "num_attention_heads": 32, "num_experts_per_tok": 2,
    "num_hidden_layers": 32, "num_key_value_heads": 8, "num_local_experts": 8, "output_router_logits": false,
    "rms_norm_eps": 1e-05, "rope_theta": 1000000.0, "router_aux_loss_coef": 0.02, "sliding_window": )" +
               window + R"(,
    "tie_word_embeddings": false, "torch_dtype": "bfloat16", "use_cache": true, "vocab_size": 32000})");
}

TEST(ModelConfig, ReadsMixtralAsItIsPublished) {
  const ModelConfig c = mixtral("null");
  EXPECT_EQ(c.architecture, "mixtral");
  EXPECT_EQ(c.num_local_experts, 8);
  EXPECT_EQ(c.num_experts_per_tok, 2);
  EXPECT_EQ(c.intermediate_size, 14336);
  EXPECT_FALSE(c.attention_bias);
  EXPECT_TRUE(c.has_experts());
  EXPECT_FALSE(llama("").has_experts());
}

TEST(ModelConfig, AWindowIsRefusedWhereATextCouldOutgrowIt) {
  EXPECT_EQ(mixtral("32768").num_local_experts, 8);
  EXPECT_EQ(
      error_message([] { mixtral("4096"); }),
      "config.json: sliding_window 4096 is below max_position_embeddings 32768, which is not supported; "
      "supported: null");
}

TEST(ModelConfig, Fp8QuantizationsAreRead) {
  const ModelConfig block = llama(R"("quantization_config": {"quant_method": "fp8", "fmt": "e4m3",
      "activation_scheme": "dynamic", "weight_block_size": [128, 128], "modules_to_not_convert": null})");
  EXPECT_TRUE(block.quantization.dynamic_activations);
  EXPECT_EQ(block.quantization.kind, QuantizationConfig::Kind::fp8_block);
  EXPECT_EQ(block.quantization.block_rows, 128);
  const ModelConfig channel = llama(R"("quantization_config": {"quant_method": "compressed-tensors",
      "format": "float-quantized", "ignore": ["lm_head"], "quantization_status": "compressed",
      "config_groups": {"group_0": {"targets": ["Linear"], "input_activations": {"num_bits": 8, "dynamic": true},
        "weights": {"num_bits": 8, "type": "float", "strategy": "channel", "symmetric": true}}}})");
  EXPECT_EQ(channel.quantization.kind, QuantizationConfig::Kind::fp8_channel);
  EXPECT_TRUE(channel.quantization.dynamic_activations);
  EXPECT_THAT(channel.quantization.ignored, ElementsAre("lm_head"));
}

/// config_groups with one group of these weights and activations.
ModelConfig compressed(std::string_view format, std::string_view weights, std::string_view activations) {
  return llama(fmt::format(R"("quantization_config": {{"quant_method": "compressed-tensors", "format": "{}",
      "config_groups": {{"group_0": {{"targets": ["Linear"], "weights": {}, "input_activations": {}}}}}}})",
                           format, weights, activations));
}

constexpr std::string_view kInt8Weights =
                               R"({"num_bits": 8, "type": "int", "strategy": "channel", "symmetric": true})",
                           kDynamicInt8 =
                               R"({"num_bits": 8, "type": "int", "strategy": "token", "dynamic": true})";

TEST(ModelConfig, IntegerQuantizationsAreRead) {
  const auto int8 = compressed("int-quantized", kInt8Weights, kDynamicInt8).quantization;
  EXPECT_EQ(int8.kind, QuantizationConfig::Kind::int8_channel);
  EXPECT_TRUE(int8.dynamic_activations);
  const auto int4 = compressed("pack-quantized", R"({"num_bits": 4, "type": "int", "strategy": "group",
      "group_size": 128, "symmetric": true, "actorder": "static"})",
                               "null")
                        .quantization;
  EXPECT_EQ(int4.kind, QuantizationConfig::Kind::int4_group);
  EXPECT_EQ(int4.group_size, 128);
  EXPECT_FALSE(int4.dynamic_activations);
  const auto fp8 =
      compressed("float-quantized", R"({"num_bits": 8, "type": "float", "strategy": "channel"})", "null")
          .quantization;
  EXPECT_EQ(fp8.kind, QuantizationConfig::Kind::fp8_channel);
  EXPECT_FALSE(fp8.dynamic_activations);
}

TEST(ModelConfig, QuantizationsWithoutProductsAreRefusedByName) {
  const std::string group = R"({"num_bits": 4, "type": "int", "strategy": "group", "group_size": 32)";
  const struct {
    std::string_view format;
    std::string weights;
    std::string_view activations, named;
  } cases[] = {
      {"pack-quantized", group + R"(, "symmetric": false})", "null", "symmetric false (zero points)"},
      {"pack-quantized", group + R"(, "actorder": "group"})", "null", "actorder \"group\" (g_idx)"},
      {"pack-quantized", group + "}", kDynamicInt8, "4-bit int weights beside quantised activations"},
      {"pack-quantized", R"({"num_bits": 4, "type": "int", "strategy": "group", "group_size": 48})", "null",
       "group_size 48"},
      {"pack-quantized", R"({"num_bits": 3, "type": "int", "strategy": "group", "group_size": 32})", "null",
       "3-bit int weights with strategy 'group' in format 'pack-quantized'"},
      {"int-quantized", std::string(kInt8Weights), R"({"num_bits": 8, "type": "int", "dynamic": false})",
       "dynamic false (static activation scales)"},
      {"int-quantized", std::string(kInt8Weights), "null", "8-bit int weights without input_activations"},
      {"int-quantized", std::string(kInt8Weights),
       R"({"num_bits": 8, "type": "int", "dynamic": true, "symmetric": false})",
       "symmetric false (zero points)"},
      {"float-quantized", R"({"num_bits": 8, "type": "float", "strategy": "tensor"})", "null",
       "8-bit float weights with strategy 'tensor'"},
  };
  for (const auto& [format, weights, activations, named] : cases)
    EXPECT_THAT(
        error_message([&] { compressed(format, weights, activations); }),
        AllOf(HasSubstr(fmt::format("{} ", named)), HasSubstr("is not supported; supported: fp8 with")));
  EXPECT_THAT(error_message([] {
                llama(R"("quantization_config": {"quant_method": "fp8", "activation_scheme": "static",
                      "weight_block_size": [128, 128]})");
              }),
              HasSubstr("activation_scheme 'static' (static scales) is not supported"));
}

TEST(ModelConfig, MessagesSayWhereWhatAndTheNumbers) {
  EXPECT_EQ(error_message([] { llama(R"("num_key_value_heads": 3)"); }),
            "config.json: num_attention_heads 4 is not divisible by num_key_value_heads 3");
  EXPECT_EQ(error_message([] { parse(R"({"architectures": ["GemmaForCausalLM"]})"); }),
            "config.json: architecture 'GemmaForCausalLM' is not supported; supported: Qwen2ForCausalLM, "
            "LlamaForCausalLM, MixtralForCausalLM");
  EXPECT_EQ(error_message([] { llama(R"("quantization_config": {"quant_method": "gptq"})"); }),
            "config.json: quantization_config: quant_method 'gptq' is not supported; supported: fp8 with "
            "weight_block_size [128, 128], and compressed-tensors with 8-bit float or 8-bit integer weights "
            "scaled per "
            "channel, or 4-bit integer weights in groups of 32, 64 or 128");
}

TEST(GenerationConfigTest, AbsentIsAbsent) {
  const auto g = parse_generation_config(
      parse_config_json(R"({"do_sample": true, "temperature": 0.6, "top_k": 20, "eos_token_id": [5, 6]})",
                        "g"),
      "g");
  EXPECT_EQ(g.do_sample, true);
  EXPECT_EQ(g.temperature, 0.6);
  EXPECT_EQ(g.top_k, 20);
  EXPECT_FALSE(g.top_p.has_value());
  EXPECT_FALSE(g.max_new_tokens.has_value());
  EXPECT_THAT(g.eos_token_ids, ElementsAre(5, 6));
}

class GgufConfig : public TemporaryFolder {
 protected:
  GgufConfig() {
    fields.set_string("general.architecture", "qwen2");
    fields.set_u32("qwen2.block_count", 28);
    fields.set_u32("qwen2.context_length", 131072);
    fields.set_u32("qwen2.embedding_length", 1536);
    fields.set_u32("qwen2.feed_forward_length", 8960);
    fields.set_u32("qwen2.attention.head_count", 12);
    fields.set_u32("qwen2.attention.head_count_kv", 2);
    fields.set_f32("qwen2.attention.layer_norm_rms_epsilon", 1e-6f);
  }
  ModelConfig config() {
    GgufWriter(dir / "m.gguf", fields, {}).finish();
    MappedFile map(dir / "m.gguf");
    return parse_gguf_config(parse_gguf(map.bytes(), "m.gguf").metadata);
  }
  GgufFields fields;
};

TEST_F(GgufConfig, ReadsTheStandardKeys) {
  const std::string tokens[] = {"a", "b", "c"};
  fields.set_strings("tokenizer.ggml.tokens", tokens);
  fields.set_u32("tokenizer.ggml.bos_token_id", 0);
  fields.set_u32("tokenizer.ggml.eos_token_id", 2);
  fields.set_u32("tokenizer.ggml.eot_token_id", 1);
  fields.set_f32("qwen2.rope.freq_base", 10000.0f);
  const ModelConfig c = config();
  EXPECT_EQ(c.architecture, "qwen2");
  EXPECT_EQ(c.num_hidden_layers, 28);
  EXPECT_EQ(c.head_dim, 128);
  EXPECT_EQ(c.vocab_size, 3);
  EXPECT_TRUE(c.attention_bias);
  EXPECT_EQ(c.rms_norm_eps, static_cast<double>(1e-6f));
  EXPECT_EQ(c.bos_token_id, 0);
  EXPECT_THAT(c.eos_token_ids, ElementsAre(2, 1));
}

TEST_F(GgufConfig, YarnFactorsMultiplyThePapersOwn) {
  fields.set_u32("qwen2.vocab_size", 3);
  fields.set_string("qwen2.rope.scaling.type", "yarn");
  fields.set_f32("qwen2.rope.scaling.factor", 4.0f);
  fields.set_u32("qwen2.rope.scaling.original_context_length", 32768);
  EXPECT_FALSE(config().rope_scaling.attention_factor.has_value());
  fields.set_f32("qwen2.rope.scaling.yarn_attn_factor", 0.5f);
  const RopeScaling scaling = config().rope_scaling;
  EXPECT_EQ(scaling.type, RopeScaling::Type::yarn);
  EXPECT_EQ(scaling.original_max_position_embeddings, 32768);
  EXPECT_DOUBLE_EQ(*scaling.attention_factor, 0.5 * (0.1 * std::log(4.0) + 1.0));
}

TEST_F(GgufConfig, TheOldKeyOfLinearScalingIsRead) {
  fields.set_u32("qwen2.vocab_size", 3);
  fields.set_f32("qwen2.rope.scale_linear", 2.0f);
  EXPECT_EQ(config().rope_scaling.type, RopeScaling::Type::linear);
  EXPECT_EQ(config().rope_scaling.factor, 2.0);
}

TEST_F(GgufConfig, OneHeadCountPerLayerIsReadIfAllAreTheSame) {
  fields.set_u32("qwen2.vocab_size", 3);
  const int32_t heads[] = {2, 2};
  fields = GgufFields();
  fields.set_string("general.architecture", "llama");
  fields.set_u32("llama.block_count", 2);
  fields.set_u32("llama.context_length", 64);
  fields.set_u32("llama.embedding_length", 8);
  fields.set_u32("llama.vocab_size", 3);
  fields.set_i32s("llama.feed_forward_length", heads);
  fields.set_i32s("llama.attention.head_count", heads);
  fields.set_f32("llama.attention.layer_norm_rms_epsilon", 1e-6f);
  EXPECT_EQ(config().num_attention_heads, 2);
  EXPECT_EQ(config().intermediate_size, 2);
}

}  // namespace
}  // namespace retort
