// ModelConfig: the hyper-parameters of a decoder under the names of Hugging Face's config.json, from there or
// from GGUF metadata. Every value has been checked: positive, bounded, and consistent with the others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "retort/base/json.h"
#include "retort/formats/gguf_metadata.h"
#include "retort/formats/quantization_config.h"

namespace retort {

class Checkpoint;

/// How rotary frequencies are stretched beyond the context of pre-training.
struct RopeScaling {
  enum class Type { none, linear, dynamic, llama3, yarn };
  Type type = Type::none;
  double factor = 1.0;
  int64_t original_max_position_embeddings = 0;          // never 0 where the type needs it
  double low_freq_factor = 1.0, high_freq_factor = 4.0;  // llama3
  double beta_fast = 32.0, beta_slow = 1.0;              // yarn: rotations over the original context
  std::optional<double> attention_factor;                // yarn: scales cos and sin; absent: from the factor
  std::optional<double> mscale, mscale_all_dim;          // yarn as DeepSeek writes it
  bool truncate = true;                                  // yarn: round the ramp's ends outwards
};

std::string_view name(RopeScaling::Type type);

struct ModelConfig {
  std::string architecture;  // of a row of architectures.inc: "qwen2"
  int64_t vocab_size = 0;
  int64_t hidden_size = 0;
  int64_t intermediate_size = 0;    // of the feed-forward, or of each expert
  int64_t num_local_experts = 0;    // 0: one dense feed-forward
  int64_t num_experts_per_tok = 0;  // of them, those that a token uses
  int64_t num_hidden_layers = 0;
  int64_t num_attention_heads = 0;
  int64_t num_key_value_heads = 0;
  int64_t head_dim = 0;  // even
  int64_t max_position_embeddings = 0;
  double rms_norm_eps = 1e-6;
  double rope_theta = 10000.0;
  RopeScaling rope_scaling;
  bool attention_bias = false;         // q_proj, k_proj, v_proj have biases
  bool attention_output_bias = false;  // o_proj has one (llama with attention_bias)
  bool tie_word_embeddings = false;    // lm_head is embed_tokens
  std::string torch_dtype;             // as stated: "bfloat16"; "" if not
  std::optional<int64_t> bos_token_id;
  std::vector<int64_t> eos_token_ids;  // each in [0, vocab_size)
  QuantizationConfig quantization;

  bool has_experts() const { return num_local_experts > 0; }
};

/// From the text of config.json, parsed. `where` names the file. Throws Error bad_input or unsupported:
/// "DIR/config.json: architecture 'GemmaForCausalLM' is not supported; supported: Qwen2ForCausalLM, ...".
ModelConfig parse_hf_config(const Json& config, std::string_view where);

/// From GGUF metadata alone: tie_word_embeddings and a llama's biases show only in the list of tensors, see
/// read_model_config. A llama GGUF may also carry a tensor rope_freqs.weight [head_dim / 2] that divides the
/// rotary frequencies (this is how converters store llama3 scaling); applying it is the loader's business.
ModelConfig parse_gguf_config(const GgufMetadata& metadata);

/// The checkpoint's configuration, from whichever of the two it has.
ModelConfig read_model_config(const Checkpoint& checkpoint);

/// Names as in config.json's "architectures", for messages: "Qwen2ForCausalLM, LlamaForCausalLM, ...".
std::string supported_architectures();

}  // namespace retort
