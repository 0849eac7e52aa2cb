// Where shapes come from: a checkpoint with all its tensors, a config.json alone, or the built-in table.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "retort/base/error.h"
#include "retort/base/nearest.h"
#include "retort/formats/checkpoint.h"
#include "retort/formats/gguf_names.h"
#include "retort/formats/json_fields.h"
#include "retort/formats/model_config.h"
#include "retort/formats/model_names.h"
#include "retort/plan/embedded.h"
#include "retort/plan/shape.h"

namespace retort::plan {
namespace {

namespace fs = std::filesystem;

const Json& published() {
  static const Json table = parse_json(embedded_file("architectures.json"), "architectures.json");
  return table.at("models");
}

/// What a tensor belongs to, by its Hugging Face name.
Group group_of(std::string_view name) {
  const auto has = [&](std::string_view part) { return name.find(part) != std::string_view::npos; };
  if (has("embed_tokens")) return Group::embedding;
  if (has("lm_head")) return Group::head;
  if (has("norm") || has(".bias") || has("correction_bias")) return Group::vectors;
  if (has("shared_expert_gate") || has("mlp.gate.weight") || has("block_sparse_moe.gate."))
    return Group::router;
  if (has("shared_expert")) return Group::shared_experts;
  if (has("experts.") || is_expert_matrix(name)) return Group::experts;
  if (has("self_attn.")) return Group::attention;
  if (has("mlp.")) return Group::feed_forward;
  return Group::other;
}

int64_t layer_of(std::string_view name) {
  constexpr std::string_view kAt = "model.layers.";
  if (!name.starts_with(kAt)) return -1;
  int64_t layer = 0;
  for (size_t i = kAt.size(); i < name.size() && name[i] >= '0' && name[i] <= '9' && layer < 1 << 20; ++i)
    layer = layer * 10 + (name[i] - '0');
  return layer;
}

/// A GGUF file has the experts of a layer in one tensor: their group is known by its own name.
StoredWeight stored_weight(const Checkpoint& checkpoint, const StoredTensor& tensor) {
  StoredWeight out;
  out.name = tensor.name;
  if (checkpoint.layout() == Layout::gguf)
    if (const auto name = hf_tensor_name(tensor.name)) out.name = *name;
  out.group = tensor.name.find("_exps.") != std::string::npos ? Group::experts : group_of(out.name);
  out.layer = layer_of(out.name);
  if (tensor.name.starts_with("blk.")) out.layer = layer_of("model.layers." + tensor.name.substr(4));
  out.type = tensor.type;
  std::transform(out.type.begin(), out.type.end(), out.type.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (tensor.dtype) out.type = retort::name(*tensor.dtype);
  out.rows = tensor.shape.rank() > 1 ? tensor.shape.rows() : 1;
  out.columns = tensor.shape.columns();
  out.elements = static_cast<uint64_t>(tensor.shape.elements());
  out.bytes = tensor.bytes.size();
  return out;
}

/// For files whose architecture this build runs (GGUF), from the configuration that was read for running.
ModelShape shape_of(const ModelConfig& c) {
  ModelShape s;
  s.architecture = c.architecture;
  s.vocab_size = c.vocab_size;
  s.hidden_size = c.hidden_size;
  s.num_hidden_layers = c.num_hidden_layers;
  s.num_attention_heads = c.num_attention_heads;
  s.num_key_value_heads = c.num_key_value_heads;
  s.head_dim = c.head_dim;
  s.max_position_embeddings = c.max_position_embeddings;
  s.intermediate_size = c.intermediate_size;
  s.attention_bias = c.attention_bias;
  s.attention_output_bias = c.attention_output_bias;
  s.tie_word_embeddings = c.tie_word_embeddings;
  if (c.has_experts()) {
    s.n_routed_experts = c.num_local_experts;
    s.num_experts_per_tok = c.num_experts_per_tok;
    s.moe_intermediate_size = c.intermediate_size;
  }
  return s;
}

std::string short_name(const fs::path& path) {
  const fs::path clean = path.has_filename() ? path : path.parent_path();
  return clean.extension() == ".gguf" ? clean.stem().string() : clean.filename().string();
}

ModelShape shape_of_checkpoint(const fs::path& path) {
  const Checkpoint checkpoint = Checkpoint::open(path);
  ModelShape shape;
  if (const auto text = checkpoint.text("config.json"))
    shape = shape_of_config(parse_config_json(*text, path.string() + "/config.json"),
                            path.string() + "/config.json");
  else
    shape = shape_of(read_model_config(checkpoint));
  shape.name = short_name(path);
  shape.source = "the tensors of " + path.string();
  for (const StoredTensor& tensor : checkpoint.tensors())
    shape.stored.push_back(stored_weight(checkpoint, tensor));
  return shape;
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail(ErrorCode::not_found, "{}: cannot be read", path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

ModelShape shape_of_config_file(const fs::path& path) {
  ModelShape shape = shape_of_config(parse_config_json(read_file(path), path.string()), path.string());
  shape.name = short_name(path.parent_path().empty() ? fs::path("config.json") : path.parent_path());
  shape.source = path.string() + " alone";
  return shape;
}

/// True for a folder that has a config.json and no weights.
bool is_config_only(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::exists(folder / "config.json", ignored)) return false;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().extension() == ".safetensors" || entry.path().extension() == ".gguf") return false;
  return true;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool looks_like_a_path(const std::string& model) {
  return model.find('/') != std::string::npos || model.ends_with(".gguf") || model.ends_with(".json") ||
         model.ends_with(".safetensors");
}

}  // namespace

std::vector<std::string> published_names() {
  std::vector<std::string> names;
  for (const Json& row : published()) names.push_back(row.at("name").get<std::string>());
  return names;
}

std::optional<ModelShape> published_shape(std::string_view name) {
  for (const Json& row : published()) {
    const auto known = row.at("name").get<std::string>();
    if (lower(known) != lower(std::string(name))) continue;
    ModelShape shape = shape_of_config(row.at("config"), "architectures.json: " + known);
    shape.name = known;
    shape.source = row.at("source").get<std::string>();
    return shape;
  }
  return std::nullopt;
}

std::vector<std::string> distill_names() {
  std::vector<std::string> names;
  for (const Json& row : published())
    if (row.at("family") == "distill") names.push_back(row.at("name").get<std::string>());
  return names;
}

ModelShape find_shape(const std::string& model) {
  std::error_code ignored;
  const fs::path path(model);
  if (fs::exists(path, ignored)) {
    if (path.filename() == "config.json" || path.extension() == ".json") return shape_of_config_file(path);
    if (fs::is_directory(path, ignored) && is_config_only(path))
      return shape_of_config_file(path / "config.json");
    return shape_of_checkpoint(path);
  }
  if (auto shape = published_shape(model)) return *shape;
  const std::vector<std::string> family = model_names();
  if (looks_like_a_path(model) || std::find(family.begin(), family.end(), model) != family.end())
    return shape_of_checkpoint(find_model(model));
  std::vector<std::string> names = published_names();
  names.insert(names.end(), family.begin(), family.end());
  fail(ErrorCode::not_found, "plan: no file, folder or known model is called '{}'{} (known: {})", model,
       did_you_mean(model, names), fmt::join(names, ", "));
}

}  // namespace retort::plan
