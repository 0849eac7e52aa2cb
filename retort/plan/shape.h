// ModelShape: what memory and time of a decoder follow from: its widths, its tensors and, where there is a
// file, what every tensor of it is stored as.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "retort/base/json.h"

namespace retort::plan {

/// What a tensor belongs to, in the order in which tables show them.
enum class Group {
  embedding,
  attention,
  feed_forward,
  experts,
  shared_experts,
  router,
  head,
  vectors,
  other
};
std::string_view name(Group group);

/// One tensor of the architecture, or `copies` equal ones: those of a layer's experts.
struct ShapeTensor {
  std::string name;  // Hugging Face's, without the expert's number
  Group group = Group::other;
  int64_t layer = -1;  // -1: of no layer
  int64_t rows = 1, columns = 0;
  int64_t copies = 1;

  bool is_vector() const { return group == Group::vectors; }
  uint64_t elements() const {
    return static_cast<uint64_t>(rows) * static_cast<uint64_t>(columns) * static_cast<uint64_t>(copies);
  }
};

/// One tensor of a file.
struct StoredWeight {
  Group group = Group::other;
  std::string name;  // Hugging Face's
  std::string type;  // "bf16"
  int64_t layer = -1;
  int64_t rows = 1, columns = 0;
  uint64_t elements = 0, bytes = 0;
};

struct ModelShape {
  std::string name;          // "DeepSeek-R1-Distill-Qwen-14B", or the file's
  std::string source;        // where the numbers are from, for readers
  std::string architecture;  // config.json's model_type
  int64_t vocab_size = 0;
  int64_t hidden_size = 0;
  int64_t num_hidden_layers = 0;
  int64_t num_attention_heads = 0;
  int64_t num_key_value_heads = 0;
  int64_t head_dim = 0;
  int64_t max_position_embeddings = 0;
  int64_t intermediate_size = 0;  // of dense layers
  bool attention_bias = false, attention_output_bias = false;
  bool qk_norm = false;  // query and key heads are normed (Qwen3)
  bool tie_word_embeddings = false;

  // Latent attention (DeepSeek-V2, section 2.1); kv_lora_rank 0: grouped heads. q_lora_rank 0: none.
  int64_t kv_lora_rank = 0, q_lora_rank = 0;
  int64_t qk_nope_head_dim = 0, qk_rope_head_dim = 0, v_head_dim = 0;

  // Mixture of experts; n_routed_experts 0: dense.
  int64_t n_routed_experts = 0, num_experts_per_tok = 0;
  int64_t moe_intermediate_size = 0;
  int64_t shared_intermediate_size = 0;  // of all shared experts together; 0: none
  bool shared_gate = false;              // a gate [1, hidden_size] in front of them (Qwen2-MoE)
  bool router_bias = false;              // a correction a routed expert (DeepSeek-V3)
  int64_t first_k_dense_replace = 0;     // leading layers that are dense

  std::string native_format;         // what the published weights are in: "bf16", "fp8-block"
  std::vector<StoredWeight> stored;  // of a real checkpoint; empty: none was read

  bool has_latent_attention() const { return kv_lora_rank > 0; }
  bool has_experts() const { return n_routed_experts > 0; }
  int64_t dense_layers() const { return has_experts() ? first_k_dense_replace : num_hidden_layers; }
  int64_t expert_layers() const { return num_hidden_layers - dense_layers(); }
  /// Width of what attention's output projection reads.
  int64_t attention_width() const {
    return num_attention_heads * (has_latent_attention() ? v_head_dim : head_dim);
  }

  /// All tensors, layer by layer.
  std::vector<ShapeTensor> tensors() const;
  uint64_t parameters() const;
  /// Of them, those that a token uses: of the routed experts num_experts_per_tok; all of the embedding table.
  uint64_t active_parameters() const;
};

/// From the text of a config.json, parsed; also of architectures that this build plans for and cannot run.
/// `where` names the file. Throws Error bad_input or unsupported, one line.
ModelShape shape_of_config(const Json& config, std::string_view where);

/// `model`: a checkpoint (folder, .gguf, .safetensors), a folder or file config.json alone, a member of the
/// micro family, or a name of the built-in table. Throws Error not_found with the nearest names.
ModelShape find_shape(const std::string& model);

/// The built-in table, embedded/architectures.json: names in its order, and the row of one.
std::vector<std::string> published_names();
std::optional<ModelShape> published_shape(std::string_view name);
/// The six R1 distills, smallest first.
std::vector<std::string> distill_names();

}  // namespace retort::plan
