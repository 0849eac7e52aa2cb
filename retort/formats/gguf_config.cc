// ModelConfig from GGUF metadata. Source: the GGUF specification, "Standardized key-value pairs", and
// llama.cpp's gguf-py/gguf/constants.py.
#include <cmath>
#include <string>

#include "retort/base/error.h"
#include "retort/formats/architectures.h"
#include "retort/formats/config_checks.h"
#include "retort/formats/config_limits.h"
#include "retort/formats/gguf_metadata.h"
#include "retort/formats/model_config.h"
#include "retort/formats/printable.h"

namespace retort {
namespace {

namespace limits = config_limits;

/// Reads "{architecture}.name" with a range.
class GgufFieldsOf {
 public:
  GgufFieldsOf(const GgufMetadata& metadata, std::string_view architecture)
      : metadata_(metadata), prefix_(std::string(architecture) + ".") {}

  std::string key(std::string_view name) const { return prefix_ + std::string(name); }

  std::optional<int64_t> integer(std::string_view name, Range<int64_t> range) const {
    auto value = metadata_.find<int64_t>(key(name));
    if (value && (*value < range.least || *value > range.most)) outside(name, *value, range);
    return value;
  }
  int64_t required_integer(std::string_view name, Range<int64_t> range) const {
    auto value = integer(name, range);
    return value ? *value : metadata_.get<int64_t>(key(name));
  }
  std::optional<double> number(std::string_view name, Range<double> range) const {
    auto value = metadata_.find<double>(key(name));
    // Written so that NaN fails.
    if (value && !(*value >= range.least && *value <= range.most)) outside(name, *value, range);
    return value;
  }
  /// One integer, or a list of one per layer whose elements must all be the same.
  std::optional<int64_t> uniform_integer(std::string_view name, Range<int64_t> range) const {
    const GgufEntry* entry = metadata_.find_entry(key(name));
    if (entry == nullptr || entry->type != GgufType::array) return integer(name, range);
    const auto array = metadata_.get<GgufArray>(key(name));
    if (!array.is_numeric() || array.size == 0)
      fail(ErrorCode::bad_input, "{}: key '{}' is an array of {} values of type {}, expected integers",
           where(), key(name), array.size, retort::name(array.element));
    for (uint64_t i = 0; i < array.size; ++i)
      if (array.number<double>(i) != array.number<double>(0))
        fail(ErrorCode::unsupported,
             "{}: key '{}' differs between layers ({} and {}), which is not supported", where(), key(name),
             array.number<double>(0), array.number<double>(i));
    const auto value = array.number<double>(0);
    if (!(value >= static_cast<double>(range.least) && value <= static_cast<double>(range.most)))
      outside(name, value, range);
    return static_cast<int64_t>(value);
  }

  const std::string& where() const { return metadata_.where(); }

 private:
  template <typename T, typename R>
  [[noreturn]] void outside(std::string_view name, T value, R range) const {
    fail(ErrorCode::bad_input, "{}: key '{}' {} is outside {} to {}", where(), key(name), value, range.least,
         range.most);
  }
  const GgufMetadata& metadata_;
  std::string prefix_;
};

constexpr Range<int64_t> kNoneOrExperts{0, limits::kExperts.most};

/// A name that stands for a dense model and for one of experts means the latter if it counts any.
const ArchitectureRow& architecture_of(const GgufMetadata& metadata) {
  const auto stated = metadata.get<std::string_view>("general.architecture");
  const ArchitectureRow* dense = nullptr;
  std::string list;
  std::string_view last;
  for (const auto& row : kArchitectures) {
    if (row.gguf != last) list += (list.empty() ? "" : ", ") + std::string(row.gguf);
    last = row.gguf;
    if (row.gguf != stated) continue;
    const GgufFieldsOf fields(metadata, row.gguf);
    const bool counts_experts = fields.integer("expert_count", kNoneOrExperts).value_or(0) > 0;
    if (row.has_experts() == counts_experts) return row;
    if (!row.has_experts()) dense = &row;
  }
  if (dense != nullptr) return *dense;
  fail(ErrorCode::unsupported, "{}: general.architecture '{}' is not supported; supported: {}",
       metadata.where(), printable(stated), list);
}

constexpr int64_t kSoftmaxGating = 1;  // llama.cpp's number of it; absent or 0: softmax as well

void refuse_variants(const GgufFieldsOf& fields, const ModelConfig& config) {
  const std::pair<const char*, int64_t> same_as_head_dim[] = {{"attention.key_length", config.head_dim},
                                                              {"attention.value_length", config.head_dim},
                                                              {"rope.dimension_count", config.head_dim}};
  for (const auto& [name, expected] : same_as_head_dim)
    if (const auto value = fields.integer(name, {0, int64_t{1} << 24}); value && *value != expected)
      fail(ErrorCode::unsupported, "{}: key '{}' {} differs from the head size {}, which is not supported",
           fields.where(), fields.key(name), *value, expected);
  // What the file may state, and the one value that this decoder computes with.
  const std::pair<const char*, int64_t> only[] = {{"expert_count", config.num_local_experts},
                                                  {"expert_shared_count", 0},
                                                  {"leading_dense_block_count", 0},
                                                  {"expert_feed_forward_length", config.intermediate_size},
                                                  {"expert_gating_func", kSoftmaxGating},
                                                  {"nextn_predict_layers", 0},
                                                  {"attention.sliding_window", 0}};
  for (const auto& [name, expected] : only)
    if (const auto value = fields.integer(name, {0, int64_t{1} << 32});
        value && *value != 0 && *value != expected)
      fail(ErrorCode::unsupported, "{}: key '{}' {} is not supported; supported: {}", fields.where(),
           fields.key(name), *value, expected);
}

/// yarn's factor on cos and sin. llama.cpp multiplies what the file says with the paper's 0.1 ln(s) + 1
/// (ggml's rope_yarn), while Hugging Face's attention_factor replaces it; ModelConfig has the latter.
std::optional<double> yarn_attention_factor(const GgufFieldsOf& fields, double factor) {
  const auto a = fields.number("rope.scaling.attn_factor", {1e-6, 65536.0});
  const auto b = fields.number("rope.scaling.yarn_attn_factor", {1e-6, 65536.0});
  if (!a && !b) return std::nullopt;
  return a.value_or(1.0) * b.value_or(1.0) * (0.1 * std::log(factor) + 1.0);
}

RopeScaling parse_rope_scaling(const GgufFieldsOf& fields, const GgufMetadata& metadata, int64_t context) {
  RopeScaling scaling;
  const auto stated = metadata.find<std::string_view>(fields.key("rope.scaling.type"));
  const auto type = rope_scaling_type(stated.value_or("none"));
  // llama3's stretch is in the tensor rope_freqs.weight, dynamic does not exist in GGUF.
  if (!type || *type == RopeScaling::Type::llama3 || *type == RopeScaling::Type::dynamic)
    fail(ErrorCode::unsupported, "{}: key '{}' '{}' is not supported; supported: none, linear, yarn",
         fields.where(), fields.key("rope.scaling.type"), printable(*stated));
  scaling.type = *type;
  // The key of files from before rope.scaling.*; it meant a linear factor.
  if (const auto old = fields.number("rope.scale_linear", limits::kRopeFactor);
      !stated && old.value_or(1.0) != 1.0)
    return {.type = RopeScaling::Type::linear, .factor = *old, .original_max_position_embeddings = context};
  const auto factor = fields.number("rope.scaling.factor", {0.0, limits::kRopeFactor.most});
  if (scaling.type == RopeScaling::Type::none || factor.value_or(0.0) == 0.0) {
    scaling.type = RopeScaling::Type::none;  // factor 0 is llama.cpp's "not given"
    return scaling;
  }
  scaling.factor = *fields.number("rope.scaling.factor", limits::kRopeFactor);
  scaling.original_max_position_embeddings =
      fields.integer("rope.scaling.original_context_length", limits::kPositions).value_or(context);
  if (scaling.type == RopeScaling::Type::yarn) {
    scaling.beta_fast =
        fields.number("rope.scaling.yarn_beta_fast", {1e-3, 65536.0}).value_or(scaling.beta_fast);
    scaling.beta_slow =
        fields.number("rope.scaling.yarn_beta_slow", {1e-3, 65536.0}).value_or(scaling.beta_slow);
    scaling.attention_factor = yarn_attention_factor(fields, scaling.factor);
    if (fields.number("rope.scaling.yarn_ext_factor", {-1.0, 1.0}).value_or(1.0) == 0.0)
      fail(ErrorCode::unsupported, "{}: key '{}' 0 is not supported; supported: 1", fields.where(),
           fields.key("rope.scaling.yarn_ext_factor"));
  }
  return scaling;
}

int64_t vocabulary(const GgufFieldsOf& fields, const GgufMetadata& metadata) {
  if (auto stated = fields.integer("vocab_size", limits::kVocabulary)) return *stated;
  const auto tokens = metadata.find_strings("tokenizer.ggml.tokens");
  if (!tokens || tokens->size() == 0 || tokens->size() > static_cast<uint64_t>(limits::kVocabulary.most))
    fail(ErrorCode::bad_input, "{}: no key '{}', and tokenizer.ggml.tokens has {} tokens, expected 1 to {}",
         fields.where(), fields.key("vocab_size"), tokens ? tokens->size() : 0, limits::kVocabulary.most);
  return static_cast<int64_t>(tokens->size());
}

void parse_tokens(const GgufMetadata& metadata, ModelConfig& config) {
  const GgufFieldsOf tokenizer(metadata, "tokenizer.ggml");
  // u32 -1 is how some writers say "none".
  constexpr Range<int64_t> kAny{-1, 0xffffffff};
  auto id = [&](const char* name) {
    auto value = tokenizer.integer(name, kAny);
    return value && *value == kAny.most ? std::optional<int64_t>(-1) : value;
  };
  config.bos_token_id = id("bos_token_id");
  for (const char* name : {"eos_token_id", "eot_token_id", "eom_token_id"})
    if (auto value = id(name)) config.eos_token_ids.push_back(*value);
}

}  // namespace

ModelConfig parse_gguf_config(const GgufMetadata& metadata) {
  const ArchitectureRow& row = architecture_of(metadata);
  const GgufFieldsOf fields(metadata, row.gguf);
  ModelConfig config;
  config.architecture = row.architecture;
  config.num_hidden_layers = fields.required_integer("block_count", limits::kLayers);
  config.hidden_size = fields.required_integer("embedding_length", limits::kHidden);
  config.intermediate_size = fields.uniform_integer("feed_forward_length", limits::kIntermediate).value_or(0);
  if (config.intermediate_size == 0) metadata.get<int64_t>(fields.key("feed_forward_length"));
  if (row.has_experts()) {
    config.num_local_experts = fields.required_integer("expert_count", limits::kExperts);
    config.num_experts_per_tok = fields.required_integer("expert_used_count", limits::kExperts);
  }
  config.num_attention_heads = fields.uniform_integer("attention.head_count", limits::kHeads).value_or(0);
  if (config.num_attention_heads == 0) metadata.get<int64_t>(fields.key("attention.head_count"));
  config.num_key_value_heads =
      fields.uniform_integer("attention.head_count_kv", limits::kHeads).value_or(config.num_attention_heads);
  config.head_dim = fields.integer("attention.key_length", limits::kHeadDim).value_or(0);
  config.max_position_embeddings = fields.required_integer("context_length", limits::kPositions);
  config.vocab_size = vocabulary(fields, metadata);
  const char* eps = "attention.layer_norm_rms_epsilon";
  config.rms_norm_eps = fields.number(eps, limits::kNormEps).value_or(0.0);
  if (config.rms_norm_eps == 0.0) metadata.get<double>(fields.key(eps));
  config.rope_theta = fields.number("rope.freq_base", limits::kRopeTheta).value_or(config.rope_theta);
  config.rope_scaling = parse_rope_scaling(fields, metadata, config.max_position_embeddings);
  config.attention_bias = row.always_bias();
  parse_tokens(metadata, config);
  check_and_complete(config,
                     {.heads = fields.key("attention.head_count"),
                      .kv_heads = fields.key("attention.head_count_kv"),
                      .hidden = fields.key("embedding_length"),
                      .head_dim = fields.key("attention.key_length"),
                      .vocabulary = "the vocabulary's size",
                      .eos = "tokenizer.ggml.eos_token_id",
                      .bos = "tokenizer.ggml.bos_token_id",
                      .experts = fields.key("expert_count"),
                      .experts_used = fields.key("expert_used_count")},
                     metadata.where());
  refuse_variants(fields, config);
  return config;
}

}  // namespace retort
