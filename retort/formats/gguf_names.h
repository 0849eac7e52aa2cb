// Tensor names of GGUF files and of Hugging Face checkpoints of the same decoder, and the order of query and
// key rows in llama GGUFs. Source: llama.cpp's gguf-py/gguf/tensor_mapping.py.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace retort {

/// "blk.3.attn_q.weight" -> "model.layers.3.self_attn.q_proj.weight"; absent for names without a counterpart
/// ("rope_freqs.weight").
std::optional<std::string> hf_tensor_name(std::string_view gguf_name);

/// "model.layers.3.self_attn.q_proj.weight" -> "blk.3.attn_q.weight"; also for ".bias". An expert's matrix
/// gets the name that it has in files from before experts were stacked:
/// "model.layers.3.block_sparse_moe.experts.5.w1.weight" -> "blk.3.ffn_gate.5.weight", and back.
std::optional<std::string> gguf_tensor_name(std::string_view hf_name);

/// Where a GGUF file has the matrix of one expert: row `expert` of the first dimension of a tensor
/// [experts, out_features, in_features].
struct GgufExpert {
  std::string stacked;
  int64_t expert = 0;
};
/// "model.layers.3.block_sparse_moe.experts.5.w1.weight" -> {"blk.3.ffn_gate_exps.weight", 5}; absent for
/// names of other tensors.
std::optional<GgufExpert> gguf_expert(std::string_view hf_name);

/// True for the matrices of experts (not for routers), under their names in either layout, stacked or not.
bool is_expert_matrix(std::string_view name);

// llama.cpp's converter reorders the rows of q_proj and k_proj of `llama` models (not of qwen2) so that the
// two elements that a rotation mixes are neighbours: within a head, Hugging Face's row s * head_dim / 2 + j
// (s = 0 or 1) becomes GGUF's row 2 j + s. Source: convert_hf_to_gguf.py, LlamaModel.permute. A loader either
// undoes this or rotates neighbours instead of halves.

/// The row of a llama GGUF's attn_q or attn_k that holds row `hf_row` of q_proj or k_proj. head_dim is even.
constexpr int64_t gguf_llama_row(int64_t hf_row, int64_t head_dim) {
  const int64_t head = hf_row / head_dim, in_head = hf_row % head_dim, half = head_dim / 2;
  return head * head_dim + 2 * (in_head % half) + in_head / half;
}

/// The inverse of gguf_llama_row.
constexpr int64_t hf_llama_row(int64_t gguf_row, int64_t head_dim) {
  const int64_t head = gguf_row / head_dim, in_head = gguf_row % head_dim, half = head_dim / 2;
  return head * head_dim + (in_head % 2) * half + in_head / 2;
}

}  // namespace retort
