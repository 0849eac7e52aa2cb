#include "retort/formats/hf_config_writer.h"

#include <nlohmann/json.hpp>

#include "retort/formats/architectures.h"

namespace retort {
namespace {

/// transformers' modeling_rope_utils: each type with the members that it reads.
Json rope_scaling_json(const RopeScaling& s) {
  Json json = {{"rope_type", name(s.type)}, {"factor", s.factor}};
  if (s.original_max_position_embeddings > 0)
    json["original_max_position_embeddings"] = s.original_max_position_embeddings;
  if (s.type == RopeScaling::Type::llama3) {
    json["low_freq_factor"] = s.low_freq_factor;
    json["high_freq_factor"] = s.high_freq_factor;
  }
  if (s.type == RopeScaling::Type::yarn) {
    json["beta_fast"] = s.beta_fast;
    json["beta_slow"] = s.beta_slow;
    json["truncate"] = s.truncate;
    if (s.attention_factor) json["attention_factor"] = *s.attention_factor;
    if (s.mscale) json["mscale"] = *s.mscale;
    if (s.mscale_all_dim) json["mscale_all_dim"] = *s.mscale_all_dim;
  }
  return json;
}

}  // namespace

Json to_hf_config(const ModelConfig& c) {
  Json json = {{"architectures", {architecture_row(c.architecture).hf_class}},
               {"model_type", c.architecture},
               {"hidden_act", "silu"},
               {"hidden_size", c.hidden_size},
               {"intermediate_size", c.intermediate_size},
               {"num_hidden_layers", c.num_hidden_layers},
               {"num_attention_heads", c.num_attention_heads},
               {"num_key_value_heads", c.num_key_value_heads},
               {"head_dim", c.head_dim},
               {"vocab_size", c.vocab_size},
               {"max_position_embeddings", c.max_position_embeddings},
               {"rms_norm_eps", c.rms_norm_eps},
               {"rope_theta", c.rope_theta},
               {"tie_word_embeddings", c.tie_word_embeddings},
               {"torch_dtype", "bfloat16"}};
  if (c.architecture == "llama") json["attention_bias"] = c.attention_output_bias;
  if (c.has_experts()) {
    json["num_local_experts"] = c.num_local_experts;
    json["num_experts_per_tok"] = c.num_experts_per_tok;
    json["sliding_window"] = nullptr;
  }
  if (c.rope_scaling.type != RopeScaling::Type::none)
    json["rope_scaling"] = rope_scaling_json(c.rope_scaling);
  if (c.bos_token_id) json["bos_token_id"] = *c.bos_token_id;
  if (c.eos_token_ids.size() == 1) json["eos_token_id"] = c.eos_token_ids.front();
  if (c.eos_token_ids.size() > 1) json["eos_token_id"] = c.eos_token_ids;
  return json;
}

}  // namespace retort
