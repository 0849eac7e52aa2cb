#include "retort/train/student_config.h"

#include <nlohmann/json.hpp>

#include "retort/formats/config_checks.h"

namespace retort::train {
namespace {

std::string hf_class(const std::string& architecture) {
  for (const ArchitectureRow& row : kArchitectures)
    if (row.architecture == architecture) return std::string(row.hf_class);
  return "";
}

}  // namespace

Json student_config(const StudentRecipe& s, const TokenFacts& tokens) {
  Json config;
  config["architectures"] = {hf_class(s.architecture)};
  config["model_type"] = s.architecture;
  config["hidden_size"] = s.hidden_size;
  config["intermediate_size"] = s.intermediate_size;
  config["num_hidden_layers"] = s.num_hidden_layers;
  config["num_attention_heads"] = s.num_attention_heads;
  config["num_key_value_heads"] = s.num_key_value_heads;
  config["head_dim"] = s.head_dim;
  config["hidden_act"] = "silu";
  config["max_position_embeddings"] = s.max_position_embeddings;
  config["rope_theta"] = s.rope_theta;
  config["rms_norm_eps"] = s.rms_norm_eps;
  config["tie_word_embeddings"] = s.tie_word_embeddings;
  config["vocab_size"] = tokens.vocab_size;
  auto id = [](int64_t token) { return token >= 0 ? Json(token) : Json(); };
  config["bos_token_id"] = id(tokens.bos);
  config["eos_token_id"] = id(tokens.eos);
  config["pad_token_id"] = id(tokens.pad);
  config["torch_dtype"] = "bfloat16";
  return config;
}

}  // namespace retort::train
