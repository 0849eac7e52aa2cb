// ModelShape from a config.json: the members that memory and time follow from, of every architecture of
// architectures.inc. Members that change answers only are not looked at.
#include <fmt/core.h>

#include <algorithm>

#include "retort/base/error.h"
#include "retort/formats/config_limits.h"
#include "retort/formats/json_fields.h"
#include "retort/formats/printable.h"
#include "retort/plan/shape.h"

namespace retort::plan {
namespace {

namespace limits = config_limits;

enum class Biases { always, stated, never };
enum class Experts { none, mixtral, qwen, deepseek };

struct Row {
  std::string_view model_type;
  Biases biases;
  Experts experts;
  bool qk_norm, latent;
};
constexpr Row kRows[] = {
#define X(model_type, biases, experts, qk_norm, latent) \
  {model_type, Biases::biases, Experts::experts, qk_norm, latent},
#include "retort/plan/architectures.inc"
#undef X
};

std::string known_types() {
  std::string text;
  for (const Row& row : kRows) text += (text.empty() ? "" : ", ") + std::string(row.model_type);
  return text;
}

const Row& row_of(const JsonFields& fields) {
  const std::string type = fields.required(fields.string("model_type"), "model_type");
  for (const Row& row : kRows)
    if (row.model_type == type) return row;
  fail(ErrorCode::unsupported, "{}: model_type '{}' cannot be planned for; known: {}", fields.where(),
       printable(type), known_types());
}

class Reader {
 public:
  Reader(const JsonFields& fields, ModelShape& shape) : f_(fields), s_(shape) {}

  int64_t need(const char* key, Range<int64_t> range) const {
    return f_.required(f_.integer(key, range), key);
  }

  void sizes() {
    s_.vocab_size = need("vocab_size", limits::kVocabulary);
    s_.hidden_size = need("hidden_size", limits::kHidden);
    s_.num_hidden_layers = need("num_hidden_layers", limits::kLayers);
    s_.num_attention_heads = need("num_attention_heads", limits::kHeads);
    s_.intermediate_size = need("intermediate_size", limits::kIntermediate);
    s_.max_position_embeddings = need("max_position_embeddings", limits::kPositions);
    s_.tie_word_embeddings = f_.boolean("tie_word_embeddings").value_or(false);
  }

  void grouped_attention() {
    s_.num_key_value_heads =
        f_.integer("num_key_value_heads", limits::kHeads).value_or(s_.num_attention_heads);
    if (s_.num_attention_heads % s_.num_key_value_heads != 0)
      fail(ErrorCode::bad_input, "{}: num_attention_heads {} is not divisible by num_key_value_heads {}",
           f_.where(), s_.num_attention_heads, s_.num_key_value_heads);
    const auto head_dim = f_.integer("head_dim", limits::kHeadDim);
    if (!head_dim && s_.hidden_size % s_.num_attention_heads != 0)
      fail(ErrorCode::bad_input, "{}: hidden_size {} is not divisible by num_attention_heads {}", f_.where(),
           s_.hidden_size, s_.num_attention_heads);
    s_.head_dim = head_dim.value_or(s_.hidden_size / s_.num_attention_heads);
  }

  void latent_attention() {
    s_.kv_lora_rank = need("kv_lora_rank", limits::kHidden);
    s_.q_lora_rank = f_.integer("q_lora_rank", limits::kHidden).value_or(0);
    s_.qk_nope_head_dim = need("qk_nope_head_dim", limits::kHeadDim);
    s_.qk_rope_head_dim = need("qk_rope_head_dim", limits::kHeadDim);
    s_.v_head_dim = need("v_head_dim", limits::kHeadDim);
    s_.num_key_value_heads = s_.num_attention_heads;
    s_.head_dim = s_.qk_nope_head_dim + s_.qk_rope_head_dim;
  }

  void experts(Experts kind) {
    if (kind == Experts::none) return;
    s_.n_routed_experts = need(kind == Experts::mixtral    ? "num_local_experts"
                               : kind == Experts::deepseek ? "n_routed_experts"
                                                           : "num_experts",
                               limits::kExperts);
    s_.num_experts_per_tok = need("num_experts_per_tok", limits::kExperts);
    if (s_.num_experts_per_tok > s_.n_routed_experts)
      fail(ErrorCode::bad_input, "{}: num_experts_per_tok {} exceeds the {} experts", f_.where(),
           s_.num_experts_per_tok, s_.n_routed_experts);
    s_.moe_intermediate_size = kind == Experts::mixtral
                                   ? s_.intermediate_size
                                   : need("moe_intermediate_size", limits::kIntermediate);
    if (kind == Experts::qwen) {
      s_.shared_intermediate_size =
          f_.integer("shared_expert_intermediate_size", {0, limits::kIntermediate.most}).value_or(0);
      s_.shared_gate = s_.shared_intermediate_size > 0;
    }
    if (kind == Experts::deepseek) {
      s_.shared_intermediate_size =
          f_.integer("n_shared_experts", {0, limits::kExperts.most}).value_or(0) * s_.moe_intermediate_size;
      s_.first_k_dense_replace = f_.integer("first_k_dense_replace", {0, s_.num_hidden_layers}).value_or(0);
    }
  }

 private:
  const JsonFields& f_;
  ModelShape& s_;
};

/// What the published weights are in, as far as the name of a WeightFormat says it.
std::string native_format(const JsonFields& fields) {
  if (const auto quantization = fields.object("quantization_config")) {
    if (quantization->string("quant_method").value_or("") == "fp8") return "fp8-block";
    return "";
  }
  const std::string dtype =
      fields.string("torch_dtype").value_or(fields.string("dtype").value_or("bfloat16"));
  return dtype == "float32" ? "f32" : dtype == "float16" ? "f16" : "bf16";
}

/// Far above any model, and low enough that sums of bytes stay far from 2^63.
void check_size(const ModelShape& shape, const std::string& where) {
  constexpr double kMost = 1e14;
  const double layers = static_cast<double>(shape.num_hidden_layers);
  const double width = static_cast<double>(
      std::max({shape.moe_intermediate_size * std::max<int64_t>(1, shape.n_routed_experts),
                shape.intermediate_size, shape.attention_width()}));
  const double parameters = 3 * layers * width * static_cast<double>(shape.hidden_size);
  if (parameters > kMost)
    fail(ErrorCode::bad_input,
         "{}: these sizes make a model of {:.0e} parameters; at most {:.0e} are planned for", where,
         parameters, kMost);
}

}  // namespace

ModelShape shape_of_config(const Json& config, std::string_view where) {
  const JsonFields fields(config, std::string(where));
  const Row& row = row_of(fields);
  ModelShape shape;
  shape.architecture = row.model_type;
  shape.source = where;
  Reader reader(fields, shape);
  reader.sizes();
  row.latent ? reader.latent_attention() : reader.grouped_attention();
  reader.experts(row.experts);
  const bool stated = fields.boolean("attention_bias").value_or(false);
  shape.attention_bias = row.biases == Biases::always || (row.biases == Biases::stated && stated);
  // Llama's attention_bias gives o_proj one as well; of Qwen's models none has it.
  shape.attention_output_bias = row.model_type == "llama" && stated;
  shape.qk_norm = row.qk_norm;
  shape.router_bias = row.model_type == "deepseek_v3";
  shape.native_format = native_format(fields);
  check_size(shape, fields.where());
  return shape;
}

}  // namespace retort::plan
