// ModelConfig from Hugging Face's config.json: transformers' Qwen2Config, LlamaConfig and MixtralConfig.
#include <string>

#include "retort/base/error.h"
#include "retort/formats/architectures.h"
#include "retort/formats/config_checks.h"
#include "retort/formats/config_limits.h"
#include "retort/formats/json_fields.h"
#include "retort/formats/model_config.h"
#include "retort/formats/printable.h"

namespace retort {
namespace {

namespace limits = config_limits;

const ArchitectureRow& architecture_of(const JsonFields& fields) {
  const auto classes = fields.strings("architectures");
  const auto model_type = fields.string("model_type");
  const std::string stated = !classes.empty() ? classes.front() : model_type.value_or("");
  if (stated.empty())
    fail(ErrorCode::bad_input, "{}: neither architectures nor model_type says what it is", fields.where());
  for (const auto& row : kArchitectures) {
    if (stated != row.hf_class && (!classes.empty() || stated != row.architecture)) continue;
    if (model_type && *model_type != row.architecture)
      fail(ErrorCode::bad_input, "{}: architectures says '{}', model_type says '{}'", fields.where(),
           printable(stated), printable(*model_type));
    return row;
  }
  fail(ErrorCode::unsupported, "{}: architecture '{}' is not supported; supported: {}", fields.where(),
       printable(stated), supported_architectures());
}

/// Members whose other values would need other arithmetic.
void refuse_variants(const JsonFields& fields) {
  const auto act = fields.string("hidden_act").value_or("silu");
  if (act != "silu")
    fail(ErrorCode::unsupported, "{}: hidden_act '{}' is not supported; supported: silu", fields.where(),
         printable(act));
  for (const char* key : {"mlp_bias", "use_sliding_window", "use_mrope"})
    if (fields.boolean(key).value_or(false))
      fail(ErrorCode::unsupported, "{}: {} true is not supported", fields.where(), key);
  if (fields.number("partial_rotary_factor", {0.0, 1.0}).value_or(1.0) != 1.0)
    fail(ErrorCode::unsupported, "{}: partial_rotary_factor other than 1 is not supported", fields.where());
  for (const auto& type : fields.strings("layer_types"))
    if (type != "full_attention")
      fail(ErrorCode::unsupported, "{}: layer_types has '{}'; supported: full_attention", fields.where(),
           printable(type));
}

/// The router's options that only training reads (router_aux_loss_coef, router_jitter_noise,
/// output_router_logits) are left alone.
void parse_experts(const JsonFields& fields, ModelConfig& config) {
  auto count = [&](const char* key) { return fields.required(fields.integer(key, limits::kExperts), key); };
  config.num_local_experts = count("num_local_experts");
  config.num_experts_per_tok = count("num_experts_per_tok");
  // Mixtral has no switch beside the window's length; one that no text outgrows changes nothing.
  const auto window = fields.integer("sliding_window", limits::kPositions);
  if (window && *window < config.max_position_embeddings)
    fail(ErrorCode::unsupported,
         "{}: sliding_window {} is below max_position_embeddings {}, which is not supported; supported: null",
         fields.where(), *window, config.max_position_embeddings);
}

RopeScaling::Type scaling_type(const JsonFields& fields) {
  const auto now = fields.string("rope_type"), old = fields.string("type");
  if (now && old && *now != *old)
    fail(ErrorCode::bad_input, "{}: rope_type '{}' and type '{}' differ", fields.where(), printable(*now),
         printable(*old));
  const std::string stated = now ? *now : old.value_or("default");
  const auto type = rope_scaling_type(stated);
  if (!type)
    fail(ErrorCode::unsupported, "{}: rope_type '{}' is not supported; supported: {}", fields.where(),
         printable(stated), rope_scaling_types());
  return *type;
}

/// From rope_scaling or rope_parameters; see transformers' modeling_rope_utils.
RopeScaling parse_rope_scaling(const JsonFields& fields, int64_t max_position_embeddings) {
  RopeScaling scaling;
  scaling.type = scaling_type(fields);
  if (scaling.type == RopeScaling::Type::none) return scaling;
  scaling.factor = fields.required(fields.number("factor", limits::kRopeFactor), "factor");
  const auto original = fields.integer("original_max_position_embeddings", limits::kPositions);
  scaling.original_max_position_embeddings = original.value_or(max_position_embeddings);
  if (scaling.type == RopeScaling::Type::llama3) {
    fields.required(original, "original_max_position_embeddings");
    scaling.low_freq_factor =
        fields.required(fields.number("low_freq_factor", limits::kRopeParameter), "low_freq_factor");
    scaling.high_freq_factor =
        fields.required(fields.number("high_freq_factor", limits::kRopeParameter), "high_freq_factor");
    if (scaling.low_freq_factor == 0.0)
      fail(ErrorCode::bad_input, "{}: low_freq_factor 0 divides by zero", fields.where());
  }
  if (scaling.type == RopeScaling::Type::yarn) {
    scaling.beta_fast = fields.number("beta_fast", limits::kRopeParameter).value_or(scaling.beta_fast);
    scaling.beta_slow = fields.number("beta_slow", limits::kRopeParameter).value_or(scaling.beta_slow);
    if (scaling.beta_slow == 0.0 || scaling.beta_fast == 0.0)
      fail(ErrorCode::bad_input, "{}: beta_fast and beta_slow must be above 0", fields.where());
    scaling.attention_factor = fields.number("attention_factor", {1e-6, 65536.0});
    scaling.mscale = fields.number("mscale", limits::kRopeParameter);
    scaling.mscale_all_dim = fields.number("mscale_all_dim", limits::kRopeParameter);
    scaling.truncate = fields.boolean("truncate").value_or(true);
  }
  return scaling;
}

/// Old files: rope_theta, and rope_scaling or null. Since transformers 5: both in rope_parameters.
void parse_rope(const JsonFields& fields, ModelConfig& config) {
  config.rope_theta = fields.number("rope_theta", limits::kRopeTheta).value_or(config.rope_theta);
  for (const char* key : {"rope_scaling", "rope_parameters"}) {
    const auto rope = fields.object(key);
    if (!rope) continue;
    config.rope_scaling = parse_rope_scaling(*rope, config.max_position_embeddings);
    config.rope_theta = rope->number("rope_theta", limits::kRopeTheta).value_or(config.rope_theta);
    if (rope->number("partial_rotary_factor", {0.0, 1.0}).value_or(1.0) != 1.0)
      fail(ErrorCode::unsupported, "{}: partial_rotary_factor other than 1 is not supported", rope->where());
  }
}

void parse_sizes(const JsonFields& fields, ModelConfig& config) {
  auto size = [&](const char* key, Range<int64_t> range) {
    return fields.required(fields.integer(key, range), key);
  };
  config.vocab_size = size("vocab_size", limits::kVocabulary);
  config.hidden_size = size("hidden_size", limits::kHidden);
  config.intermediate_size = size("intermediate_size", limits::kIntermediate);
  config.num_hidden_layers = size("num_hidden_layers", limits::kLayers);
  config.num_attention_heads = size("num_attention_heads", limits::kHeads);
  config.num_key_value_heads =
      fields.integer("num_key_value_heads", limits::kHeads).value_or(config.num_attention_heads);
  config.head_dim = fields.integer("head_dim", limits::kHeadDim).value_or(0);
  config.max_position_embeddings = size("max_position_embeddings", limits::kPositions);
}

}  // namespace

ModelConfig parse_hf_config(const Json& json, std::string_view where) {
  const JsonFields fields(json, std::string(where));
  const ArchitectureRow& row = architecture_of(fields);
  refuse_variants(fields);
  ModelConfig config;
  config.architecture = row.architecture;
  parse_sizes(fields, config);
  if (row.has_experts()) parse_experts(fields, config);
  config.rms_norm_eps = fields.number("rms_norm_eps", limits::kNormEps).value_or(config.rms_norm_eps);
  parse_rope(fields, config);
  // LlamaConfig's attention_bias gives o_proj a bias as well; Qwen2's o_proj never has one.
  const bool stated_bias = fields.boolean("attention_bias").value_or(false);
  config.attention_bias = row.always_bias() || stated_bias;
  config.attention_output_bias = !row.always_bias() && stated_bias;
  config.tie_word_embeddings = fields.boolean("tie_word_embeddings").value_or(false);
  config.torch_dtype = fields.string("torch_dtype").value_or(fields.string("dtype").value_or(""));
  config.bos_token_id = fields.integer("bos_token_id", limits::kTokenId);
  config.eos_token_ids = fields.integers("eos_token_id", limits::kTokenId);
  if (const Json* quantization = fields.member("quantization_config"))
    config.quantization =
        parse_quantization_config(*quantization, std::string(where) + ": quantization_config");
  check_and_complete(config,
                     {.heads = "num_attention_heads",
                      .kv_heads = "num_key_value_heads",
                      .hidden = "hidden_size",
                      .head_dim = "head_dim",
                      .vocabulary = "vocab_size",
                      .eos = "eos_token_id",
                      .bos = "bos_token_id",
                      .experts = "num_local_experts",
                      .experts_used = "num_experts_per_tok"},
                     where);
  return config;
}

}  // namespace retort
