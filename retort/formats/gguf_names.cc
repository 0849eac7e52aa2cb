#include "retort/formats/gguf_names.h"

#include <algorithm>

namespace retort {
namespace {

/// Names before ".weight" or ".bias"; a layer's names follow "blk.N." and "model.layers.N.".
struct Row {
  std::string_view gguf, hf;
  bool in_layer;
};

constexpr Row kRows[] = {
    {"token_embd", "model.embed_tokens", false},
    {"output_norm", "model.norm", false},
    {"output", "lm_head", false},
    {"attn_norm", "input_layernorm", true},
    {"attn_q", "self_attn.q_proj", true},
    {"attn_k", "self_attn.k_proj", true},
    {"attn_v", "self_attn.v_proj", true},
    {"attn_output", "self_attn.o_proj", true},
    {"ffn_norm", "post_attention_layernorm", true},
    {"ffn_gate", "mlp.gate_proj", true},
    {"ffn_up", "mlp.up_proj", true},
    {"ffn_down", "mlp.down_proj", true},
};

/// "blk.3.attn_q.weight" in its parts; layer and its dots are empty outside layers.
struct Parts {
  std::string_view layer, stem, kind;
};

std::optional<Parts> split(std::string_view name, std::string_view layer_prefix) {
  Parts parts;
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  parts.kind = name.substr(dot);
  if (parts.kind != ".weight" && parts.kind != ".bias") return std::nullopt;
  parts.stem = name.substr(0, dot);
  if (!parts.stem.starts_with(layer_prefix)) return parts;
  parts.stem.remove_prefix(layer_prefix.size());
  const auto end = parts.stem.find('.');
  if (end == std::string_view::npos) return std::nullopt;
  parts.layer = parts.stem.substr(0, end);
  parts.stem.remove_prefix(end + 1);
  const bool digits = !parts.layer.empty() && std::all_of(parts.layer.begin(), parts.layer.end(),
                                                          [](char c) { return c >= '0' && c <= '9'; });
  return digits ? std::optional(parts) : std::nullopt;
}

/// Translates with the table read from column `from` to column `to`.
std::optional<std::string> translate(std::string_view name, std::string_view Row::*from,
                                     std::string_view from_prefix, std::string_view Row::*to,
                                     std::string_view to_prefix) {
  auto parts = split(name, from_prefix);
  if (!parts) return std::nullopt;
  for (const Row& row : kRows) {
    if (row.*from != parts->stem || row.in_layer == parts->layer.empty()) continue;
    std::string prefix = row.in_layer ? std::string(to_prefix) + std::string(parts->layer) + "." : "";
    return prefix + std::string(row.*to) + std::string(parts->kind);
  }
  return std::nullopt;
}

constexpr std::string_view kGgufLayers = "blk.", kHfLayers = "model.layers.";

}  // namespace

std::optional<std::string> hf_tensor_name(std::string_view gguf_name) {
  return translate(gguf_name, &Row::gguf, kGgufLayers, &Row::hf, kHfLayers);
}

std::optional<std::string> gguf_tensor_name(std::string_view hf_name) {
  return translate(hf_name, &Row::hf, kHfLayers, &Row::gguf, kGgufLayers);
}

}  // namespace retort
