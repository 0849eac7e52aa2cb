#include "retort/formats/model_config.h"

#include <algorithm>

#include "retort/base/check.h"
#include "retort/base/error.h"
#include "retort/formats/architectures.h"
#include "retort/formats/checkpoint.h"
#include "retort/formats/config_checks.h"
#include "retort/formats/config_limits.h"
#include "retort/formats/json_fields.h"

namespace retort {
namespace {

struct ScalingRow {
  RopeScaling::Type type;
  std::string_view name;
};

constexpr ScalingRow kScalings[] = {
    {RopeScaling::Type::none, "none"},       {RopeScaling::Type::linear, "linear"},
    {RopeScaling::Type::dynamic, "dynamic"}, {RopeScaling::Type::llama3, "llama3"},
    {RopeScaling::Type::yarn, "yarn"},
};

void check_heads(ModelConfig& config, const ConfigNames& names, std::string_view where) {
  if (config.num_attention_heads % config.num_key_value_heads != 0)
    fail(ErrorCode::bad_input, "{}: {} {} is not divisible by {} {}", where, names.heads,
         config.num_attention_heads, names.kv_heads, config.num_key_value_heads);
  if (config.head_dim == 0) {
    if (config.hidden_size % config.num_attention_heads != 0)
      fail(ErrorCode::bad_input, "{}: {} {} is not divisible by {} {}, and {} is not given", where,
           names.hidden, config.hidden_size, names.heads, config.num_attention_heads, names.head_dim);
    config.head_dim = config.hidden_size / config.num_attention_heads;
  }
  const auto range = config_limits::kHeadDim;
  if (config.head_dim % 2 != 0 || config.head_dim < range.least || config.head_dim > range.most)
    fail(ErrorCode::bad_input, "{}: {} {} is not an even number from {} to {}", where, names.head_dim,
         config.head_dim, range.least, range.most);
}

void check_experts(const ModelConfig& config, const ConfigNames& names, std::string_view where) {
  if (config.num_experts_per_tok > config.num_local_experts)
    fail(ErrorCode::bad_input, "{}: {} {} is more than {} {}", where, names.experts_used,
         config.num_experts_per_tok, names.experts, config.num_local_experts);
}

void check_token(int64_t id, const std::string& key, const ModelConfig& config, const ConfigNames& names,
                 std::string_view where) {
  if (id >= config.vocab_size)
    fail(ErrorCode::bad_input, "{}: {} {} is not in the vocabulary: {} is {}", where, key, id,
         names.vocabulary, config.vocab_size);
}

void check_rope_scaling(const RopeScaling& scaling, std::string_view where) {
  if (scaling.type == RopeScaling::Type::llama3 && !(scaling.high_freq_factor > scaling.low_freq_factor))
    fail(ErrorCode::bad_input, "{}: rope_scaling: high_freq_factor {} is not above low_freq_factor {}", where,
         scaling.high_freq_factor, scaling.low_freq_factor);
  if (scaling.type == RopeScaling::Type::yarn && !(scaling.beta_fast >= scaling.beta_slow))
    fail(ErrorCode::bad_input, "{}: rope_scaling: beta_fast {} is below beta_slow {}", where,
         scaling.beta_fast, scaling.beta_slow);
}

/// What the tensors say that GGUF metadata does not.
void complete_from_tensors(ModelConfig& config, const Checkpoint& checkpoint) {
  config.tie_word_embeddings = checkpoint.find_stored("output.weight") == nullptr;
  if (!architecture_row(config.architecture).always_bias()) {
    config.attention_bias = checkpoint.find_stored("blk.0.attn_q.bias") != nullptr;
    config.attention_output_bias = checkpoint.find_stored("blk.0.attn_output.bias") != nullptr;
  }
}

}  // namespace

std::string_view name(RopeScaling::Type type) {
  for (const auto& row : kScalings)
    if (row.type == type) return row.name;
  return "";
}

std::optional<RopeScaling::Type> rope_scaling_type(std::string_view name) {
  if (name == "default") return RopeScaling::Type::none;
  for (const auto& row : kScalings)
    if (row.name == name) return row.type;
  return std::nullopt;
}

std::string rope_scaling_types() {
  std::string list;
  for (const auto& row : kScalings) list += (list.empty() ? "" : ", ") + std::string(row.name);
  return list;
}

const ArchitectureRow& architecture_row(std::string_view architecture) {
  auto row = std::find_if(std::begin(kArchitectures), std::end(kArchitectures),
                          [&](const ArchitectureRow& r) { return r.architecture == architecture; });
  RETORT_CHECK(row != std::end(kArchitectures));
  return *row;
}

std::string supported_architectures() {
  std::string list;
  for (const auto& row : kArchitectures) list += (list.empty() ? "" : ", ") + std::string(row.hf_class);
  return list;
}

void check_and_complete(ModelConfig& config, const ConfigNames& names, std::string_view where) {
  check_heads(config, names, where);
  check_experts(config, names, where);
  // -1 is how some files say "none".
  std::erase_if(config.eos_token_ids, [](int64_t id) { return id < 0; });
  if (config.bos_token_id && *config.bos_token_id < 0) config.bos_token_id.reset();
  for (int64_t id : config.eos_token_ids) check_token(id, names.eos, config, names, where);
  if (config.bos_token_id) check_token(*config.bos_token_id, names.bos, config, names, where);
  check_rope_scaling(config.rope_scaling, where);
}

ModelConfig read_model_config(const Checkpoint& checkpoint) {
  if (checkpoint.layout() == Layout::gguf) {
    ModelConfig config = parse_gguf_config(checkpoint.metadata());
    complete_from_tensors(config, checkpoint);
    return config;
  }
  const auto text = checkpoint.text("config.json");
  if (!text)
    fail(ErrorCode::not_found, "{}: no config.json beside the weights: it says what model they are",
         checkpoint.path().string());
  const auto& file = checkpoint.files().front();
  const std::string where = (file.parent_path() / "config.json").string();
  return parse_hf_config(parse_config_json(*text, where), where);
}

}  // namespace retort
