// A small model with random weights in a Hugging Face folder, tokenizer and all. For tests only.
#pragma once

#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "retort/base/file.h"
#include "retort/base/random.h"
#include "retort/formats/hf_config_writer.h"
#include "retort/formats/safetensors_writer.h"
#include "retort/tensor/codec.h"
#include "retort/tensor/float_formats.h"
#include "retort/text/micro_family.h"

namespace retort::compress {

struct TinyModel {
  struct Weight {
    Shape shape;
    std::vector<float> values;  // as stored, rounded to BF16
  };
  ModelConfig config;
  std::map<std::string, Weight> weights;
};

/// Of "qwen2", "llama" or "mixtral", with two layers. Query and key have 4 and 2 heads of 64.
inline ModelConfig tiny_config(const std::string& architecture) {
  ModelConfig c;
  c.architecture = architecture;
  c.vocab_size = 320;
  c.hidden_size = 256;
  c.intermediate_size = 512;
  c.num_hidden_layers = 2;
  c.num_attention_heads = 4;
  c.num_key_value_heads = 2;
  c.head_dim = 64;
  c.max_position_embeddings = 512;
  c.attention_bias = architecture == "qwen2";
  c.torch_dtype = "bfloat16";
  if (architecture == "mixtral") c.num_local_experts = 3, c.num_experts_per_tok = 2;
  return c;
}

namespace tiny {

inline void add(TinyModel& model, Random& random, const std::string& name, Shape shape, float deviation,
                float mean = 0) {
  TinyModel::Weight w{shape, std::vector<float>(static_cast<size_t>(shape.elements()))};
  for (float& x : w.values) x = to_f32(to_bf16(mean + deviation * random.normal()));
  model.weights.emplace(name, std::move(w));
}

inline void add_mlp(TinyModel& model, Random& random, const std::string& at, const char* gate, const char* up,
                    const char* down) {
  const int64_t h = model.config.hidden_size, i = model.config.intermediate_size;
  add(model, random, at + gate + ".weight", {i, h}, 0.06f);
  add(model, random, at + up + ".weight", {i, h}, 0.06f);
  add(model, random, at + down + ".weight", {h, i}, 0.04f);
}

inline void add_layer(TinyModel& model, Random& random, const std::string& at) {
  const ModelConfig& c = model.config;
  const int64_t h = c.hidden_size, q = c.num_attention_heads * c.head_dim,
                kv = c.num_key_value_heads * c.head_dim;
  add(model, random, at + "input_layernorm.weight", {h}, 0.1f, 1);
  add(model, random, at + "self_attn.q_proj.weight", {q, h}, 0.06f);
  add(model, random, at + "self_attn.k_proj.weight", {kv, h}, 0.06f);
  add(model, random, at + "self_attn.v_proj.weight", {kv, h}, 0.06f);
  if (c.attention_bias) {
    add(model, random, at + "self_attn.q_proj.bias", {q}, 0.2f);
    add(model, random, at + "self_attn.k_proj.bias", {kv}, 0.2f);
    add(model, random, at + "self_attn.v_proj.bias", {kv}, 0.2f);
  }
  add(model, random, at + "self_attn.o_proj.weight", {h, q}, 0.06f);
  add(model, random, at + "post_attention_layernorm.weight", {h}, 0.1f, 1);
  if (!c.has_experts()) return add_mlp(model, random, at + "mlp.", "gate_proj", "up_proj", "down_proj");
  add(model, random, at + "block_sparse_moe.gate.weight", {c.num_local_experts, h}, 0.3f);
  for (int64_t e = 0; e < c.num_local_experts; ++e)
    add_mlp(model, random, at + "block_sparse_moe.experts." + std::to_string(e) + ".", "w1", "w3", "w2");
}

}  // namespace tiny

/// Weights of normal distribution, the same for the same configuration.
inline TinyModel make_tiny_model(const ModelConfig& config) {
  TinyModel model{config, {}};
  Random random(1);
  tiny::add(model, random, "model.embed_tokens.weight", {config.vocab_size, config.hidden_size}, 0.5f);
  for (int64_t i = 0; i < config.num_hidden_layers; ++i)
    tiny::add_layer(model, random, "model.layers." + std::to_string(i) + ".");
  tiny::add(model, random, "model.norm.weight", {config.hidden_size}, 0.1f, 1);
  if (!config.tie_word_embeddings)
    tiny::add(model, random, "lm_head.weight", {config.vocab_size, config.hidden_size}, 0.1f);
  return model;
}

/// model.safetensors in BF16, config.json, tokenizer.json, tokenizer_config.json, generation_config.json.
inline void write_tiny_model(const TinyModel& model, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::vector<TensorSpec> specs;
  for (const auto& [name, w] : model.weights) specs.push_back({name, DType::bf16, w.shape});
  SafetensorsWriter writer(folder / "model.safetensors", specs, {{"format", "pt"}});
  for (const auto& [name, w] : model.weights) {
    std::vector<std::byte> bytes(w.values.size() * 2);
    encode_row(DType::bf16, w.values.data(), bytes.data(), static_cast<int64_t>(w.values.size()));
    writer.write(name, bytes);
  }
  writer.finish();
  BpeTrainer trainer(micro_tokenizer_options(300));
  trainer.add("the tokenizer that the trainer trained, the texts that the tests took", 9);
  const auto trained = trainer.train();
  write_file_atomic(folder / "config.json", to_hf_config(model.config).dump(2));
  write_file_atomic(folder / "tokenizer.json", write_tokenizer_json(trained));
  write_file_atomic(folder / "tokenizer_config.json",
                    write_tokenizer_config_json(trained, kMicroChatTemplate, 512));
  write_file_atomic(folder / "generation_config.json", R"({"temperature": 0.6, "top_p": 0.95})");
}

}  // namespace retort::compress
