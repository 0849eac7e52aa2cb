#include "retort/plan/shape.h"

#include <fmt/core.h>

#include <array>

namespace retort::plan {
namespace {

constexpr std::array<std::string_view, 9> kGroups = {
    "embedding table", "attention", "feed-forward",  "experts", "shared experts",
    "routers",         "head",      "norms, biases", "other"};

/// Gathers the tensors of one shape in the order of the layers.
class TensorList {
 public:
  explicit TensorList(const ModelShape& shape) : s_(shape) {}

  std::vector<ShapeTensor> all() {
    add(Group::embedding, "model.embed_tokens.weight", s_.vocab_size, s_.hidden_size);
    for (layer_ = 0; layer_ < s_.num_hidden_layers; ++layer_) {
      at_ = fmt::format("model.layers.{}.", layer_);
      vector("input_layernorm.weight", s_.hidden_size);
      s_.has_latent_attention() ? latent_attention() : grouped_attention();
      vector("post_attention_layernorm.weight", s_.hidden_size);
      layer_ < s_.dense_layers() ? dense() : mixture();
    }
    layer_ = -1;
    at_.clear();
    vector("model.norm.weight", s_.hidden_size);
    if (!s_.tie_word_embeddings) add(Group::head, "lm_head.weight", s_.vocab_size, s_.hidden_size);
    return std::move(tensors_);
  }

 private:
  void add(Group group, const std::string& name, int64_t rows, int64_t columns, int64_t copies = 1) {
    tensors_.push_back({at_ + name, group, layer_, rows, columns, copies});
  }
  void vector(const std::string& name, int64_t n) { add(Group::vectors, name, 1, n); }

  void grouped_attention() {
    const int64_t q = s_.num_attention_heads * s_.head_dim, kv = s_.num_key_value_heads * s_.head_dim;
    add(Group::attention, "self_attn.q_proj.weight", q, s_.hidden_size);
    add(Group::attention, "self_attn.k_proj.weight", kv, s_.hidden_size);
    add(Group::attention, "self_attn.v_proj.weight", kv, s_.hidden_size);
    if (s_.attention_bias) {
      vector("self_attn.q_proj.bias", q);
      vector("self_attn.k_proj.bias", kv);
      vector("self_attn.v_proj.bias", kv);
    }
    if (s_.qk_norm) {
      vector("self_attn.q_norm.weight", s_.head_dim);
      vector("self_attn.k_norm.weight", s_.head_dim);
    }
    add(Group::attention, "self_attn.o_proj.weight", s_.hidden_size, q);
    if (s_.attention_output_bias) vector("self_attn.o_proj.bias", s_.hidden_size);
  }

  /// DeepSeek-V2 (2024), section 2.1: keys and values come from one small latent vector, positions from a
  /// part of their own.
  void latent_attention() {
    const int64_t heads = s_.num_attention_heads, q = heads * (s_.qk_nope_head_dim + s_.qk_rope_head_dim);
    if (s_.q_lora_rank > 0) {
      add(Group::attention, "self_attn.q_a_proj.weight", s_.q_lora_rank, s_.hidden_size);
      vector("self_attn.q_a_layernorm.weight", s_.q_lora_rank);
      add(Group::attention, "self_attn.q_b_proj.weight", q, s_.q_lora_rank);
    } else {
      add(Group::attention, "self_attn.q_proj.weight", q, s_.hidden_size);
    }
    add(Group::attention, "self_attn.kv_a_proj_with_mqa.weight", s_.kv_lora_rank + s_.qk_rope_head_dim,
        s_.hidden_size);
    vector("self_attn.kv_a_layernorm.weight", s_.kv_lora_rank);
    add(Group::attention, "self_attn.kv_b_proj.weight", heads * (s_.qk_nope_head_dim + s_.v_head_dim),
        s_.kv_lora_rank);
    add(Group::attention, "self_attn.o_proj.weight", s_.hidden_size, heads * s_.v_head_dim);
  }

  void gated(Group group, const std::string& at, int64_t width, int64_t copies) {
    add(group, at + "gate_proj.weight", width, s_.hidden_size, copies);
    add(group, at + "up_proj.weight", width, s_.hidden_size, copies);
    add(group, at + "down_proj.weight", s_.hidden_size, width, copies);
  }
  void dense() { gated(Group::feed_forward, "mlp.", s_.intermediate_size, 1); }
  void mixture() {
    add(Group::router, "mlp.gate.weight", s_.n_routed_experts, s_.hidden_size);
    if (s_.router_bias) vector("mlp.gate.e_score_correction_bias", s_.n_routed_experts);
    gated(Group::experts, "mlp.experts.", s_.moe_intermediate_size, s_.n_routed_experts);
    if (s_.shared_intermediate_size > 0)
      gated(Group::shared_experts, "mlp.shared_experts.", s_.shared_intermediate_size, 1);
    if (s_.shared_gate) add(Group::router, "mlp.shared_expert_gate.weight", 1, s_.hidden_size);
  }

  const ModelShape& s_;
  int64_t layer_ = -1;
  std::string at_;
  std::vector<ShapeTensor> tensors_;
};

}  // namespace

std::string_view name(Group group) {
  return kGroups[static_cast<size_t>(group)];
}

std::vector<ShapeTensor> ModelShape::tensors() const {
  return TensorList(*this).all();
}

uint64_t ModelShape::parameters() const {
  uint64_t n = 0;
  for (const ShapeTensor& tensor : tensors()) n += tensor.elements();
  return n;
}

uint64_t ModelShape::active_parameters() const {
  uint64_t n = 0;
  for (const ShapeTensor& tensor : tensors()) {
    const uint64_t one = tensor.elements() / static_cast<uint64_t>(tensor.copies);
    n += one * static_cast<uint64_t>(tensor.group == Group::experts ? num_experts_per_tok : tensor.copies);
  }
  return n;
}

}  // namespace retort::plan
