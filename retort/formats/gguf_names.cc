#include "retort/formats/gguf_names.h"

#include <algorithm>
#include <charconv>

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
    {"ffn_gate_inp", "block_sparse_moe.gate", true},
};

/// An expert's matrices, whose names have the expert's number in or behind them. Mixtral's w1, w3 and w2 are
/// gate, up and down.
constexpr Row kExpertRows[] = {{"ffn_gate", "w1", true}, {"ffn_up", "w3", true}, {"ffn_down", "w2", true}};
constexpr std::string_view kHfExperts = "block_sparse_moe.experts.", kStacked = "_exps";

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

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
  return is_number(parts.layer) ? std::optional(parts) : std::nullopt;
}

/// The stem of an expert's matrix, "block_sparse_moe.experts.5.w1" or "ffn_gate.5", in its two parts.
struct ExpertStem {
  const Row* row;
  std::string_view expert;
};

std::optional<ExpertStem> split_expert(std::string_view stem, std::string_view Row::*from) {
  const bool hf = from == &Row::hf;
  if (hf && !stem.starts_with(kHfExperts)) return std::nullopt;
  if (hf) stem.remove_prefix(kHfExperts.size());
  const auto dot = stem.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto before = stem.substr(0, dot), behind = stem.substr(dot + 1);
  const auto number = hf ? before : behind, matrix = hf ? behind : before;
  for (const Row& row : kExpertRows)
    if (row.*from == matrix && is_number(number)) return ExpertStem{&row, number};
  return std::nullopt;
}

std::string join_expert(const ExpertStem& stem, std::string_view Row::*to) {
  if (to == &Row::hf)
    return std::string(kHfExperts) + std::string(stem.expert) + "." + std::string(stem.row->hf);
  return std::string(stem.row->gguf) + "." + std::string(stem.expert);
}

/// Translates with the table read from column `from` to column `to`.
std::optional<std::string> translate(std::string_view name, std::string_view Row::*from,
                                     std::string_view from_prefix, std::string_view Row::*to,
                                     std::string_view to_prefix) {
  auto parts = split(name, from_prefix);
  if (!parts) return std::nullopt;
  if (auto expert = parts->layer.empty() ? std::nullopt : split_expert(parts->stem, from))
    return std::string(to_prefix) + std::string(parts->layer) + "." + join_expert(*expert, to) +
           std::string(parts->kind);
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

std::optional<GgufExpert> gguf_expert(std::string_view hf_name) {
  auto parts = split(hf_name, kHfLayers);
  if (!parts || parts->layer.empty()) return std::nullopt;
  auto stem = split_expert(parts->stem, &Row::hf);
  if (!stem) return std::nullopt;
  GgufExpert found;
  const auto* end = stem->expert.data() + stem->expert.size();
  if (std::from_chars(stem->expert.data(), end, found.expert).ec != std::errc()) return std::nullopt;
  found.stacked = std::string(kGgufLayers) + std::string(parts->layer) + "." + std::string(stem->row->gguf) +
                  std::string(kStacked) + std::string(parts->kind);
  return found;
}

bool is_expert_matrix(std::string_view name) {
  auto parts = split(name, name.starts_with(kGgufLayers) ? kGgufLayers : kHfLayers);
  if (!parts || parts->layer.empty()) return false;
  if (split_expert(parts->stem, &Row::hf) || split_expert(parts->stem, &Row::gguf)) return true;
  return std::any_of(std::begin(kExpertRows), std::end(kExpertRows), [&](const Row& row) {
    return parts->stem == std::string(row.gguf) + std::string(kStacked);
  });
}

}  // namespace retort
