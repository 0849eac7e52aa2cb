#include "retort/report/model_size.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string_view>

namespace retort::report {
namespace {

enum class Part { matrices, embeddings, rest };

bool contains_any(std::string_view name, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](auto word) { return name.find(word) != name.npos; });
}

Part part_of(std::string_view name) {
  if (contains_any(name, {"norm", ".bias", "block_sparse_moe.gate.", "ffn_gate_inp", "rope_freqs"}))
    return Part::rest;
  if (contains_any(name, {"embed_tokens", "lm_head", "token_embd"}) || name.starts_with("output."))
    return Part::embeddings;
  return Part::matrices;
}

/// Of a quantised matrix all that is not its elements.
bool is_side_tensor(std::string_view name) {
  return contains_any(name, {"_scale", "zero_point", "weight_shape"});
}

/// compressed-tensors packs eight weights of 4 bits into an I32.
std::string type_of(const StoredTensor& tensor) {
  return tensor.name.ends_with(".weight_packed") ? "INT4" : std::string(tensor.type);
}

int64_t matrix_weights(const ModelConfig& c) {
  const int64_t query = c.num_attention_heads * c.head_dim, key = c.num_key_value_heads * c.head_dim;
  const int64_t attention = c.hidden_size * (2 * query + 2 * key);
  const int64_t mlp = 3 * c.hidden_size * c.intermediate_size * std::max<int64_t>(1, c.num_local_experts);
  return c.num_hidden_layers * (attention + mlp);
}

}  // namespace

SizePart ModelSize::all() const {
  return {matrices.weights + embeddings.weights + rest.weights,
          matrices.bytes + embeddings.bytes + rest.bytes};
}

ModelSize model_size(const Checkpoint& checkpoint, const ModelConfig& config) {
  ModelSize out;
  for (const auto& file : checkpoint.files()) out.file_bytes += std::filesystem::file_size(file);
  out.matrices.weights = matrix_weights(config);
  out.embeddings.weights = config.vocab_size * config.hidden_size * (config.tie_word_embeddings ? 1 : 2);
  std::map<std::string, uint64_t> types;
  for (const StoredTensor& tensor : checkpoint.tensors()) {
    const Part part = part_of(tensor.name);
    SizePart& sum = part == Part::matrices     ? out.matrices
                    : part == Part::embeddings ? out.embeddings
                                               : out.rest;
    sum.bytes += tensor.bytes.size();
    if (part == Part::rest) sum.weights += tensor.shape.elements();
    if (part == Part::matrices && !is_side_tensor(tensor.name))
      types[type_of(tensor)] += tensor.bytes.size();
  }
  out.matrix_types.assign(types.begin(), types.end());
  std::sort(out.matrix_types.begin(), out.matrix_types.end(),
            [](const auto& a, const auto& b) { return a.second > b.second; });
  return out;
}

std::string types_text(const ModelSize& size) {
  if (size.matrix_types.size() == 1) return size.matrix_types.front().first;
  uint64_t total = 0;
  for (const auto& [type, bytes] : size.matrix_types) total += bytes;
  std::string out;
  for (const auto& [type, bytes] : size.matrix_types)
    out += fmt::format("{}{} {:.0f} %", out.empty() ? "" : ", ", type,
                       100 * static_cast<double>(bytes) / static_cast<double>(total));
  return out;
}

}  // namespace retort::report
