#include "retort/formats/gguf_names.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

namespace retort {
namespace {

TEST(GgufNames, TranslateInBothDirections) {
  const std::pair<const char*, const char*> pairs[] = {
      {"token_embd.weight", "model.embed_tokens.weight"},
      {"output_norm.weight", "model.norm.weight"},
      {"output.weight", "lm_head.weight"},
      {"blk.0.attn_norm.weight", "model.layers.0.input_layernorm.weight"},
      {"blk.3.attn_q.weight", "model.layers.3.self_attn.q_proj.weight"},
      {"blk.3.attn_q.bias", "model.layers.3.self_attn.q_proj.bias"},
      {"blk.27.attn_k.bias", "model.layers.27.self_attn.k_proj.bias"},
      {"blk.27.attn_v.weight", "model.layers.27.self_attn.v_proj.weight"},
      {"blk.27.attn_output.weight", "model.layers.27.self_attn.o_proj.weight"},
      {"blk.79.ffn_norm.weight", "model.layers.79.post_attention_layernorm.weight"},
      {"blk.79.ffn_gate.weight", "model.layers.79.mlp.gate_proj.weight"},
      {"blk.79.ffn_up.weight", "model.layers.79.mlp.up_proj.weight"},
      {"blk.79.ffn_down.weight", "model.layers.79.mlp.down_proj.weight"},
      {"blk.31.ffn_gate_inp.weight", "model.layers.31.block_sparse_moe.gate.weight"},
      {"blk.31.ffn_gate.0.weight", "model.layers.31.block_sparse_moe.experts.0.w1.weight"},
      {"blk.31.ffn_up.7.weight", "model.layers.31.block_sparse_moe.experts.7.w3.weight"},
      {"blk.0.ffn_down.15.weight", "model.layers.0.block_sparse_moe.experts.15.w2.weight"},
  };
  for (const auto& [gguf, hf] : pairs) {
    EXPECT_EQ(hf_tensor_name(gguf), hf);
    EXPECT_EQ(gguf_tensor_name(hf), gguf);
  }
}

TEST(GgufNames, StrangersHaveNoCounterpart) {
  for (const char* name : {"rope_freqs.weight", "blk.weight", "blk..attn_q.weight", "blk.x.attn_q.weight",
                           "blk.1.output_norm.weight", "attn_q.weight", "token_embd", "",
                           "blk.1.attn_q.scale", "blk.1.ffn_gate_exps.weight", "blk.1.ffn_gate.x.weight",
                           "blk.1.ffn_gate..weight", "blk.1.attn_q.3.weight", "ffn_gate.3.weight"})
    EXPECT_FALSE(hf_tensor_name(name).has_value()) << name;
  for (const char* name :
       {"model.layers.1.self_attn.rotary_emb.inv_freq", "model.layers.-1.mlp.up_proj.weight", "lm_head",
        "model.layers.1.lm_head.weight", "model.layers.1.block_sparse_moe.experts.w1.weight",
        "model.layers.1.block_sparse_moe.experts.1.w4.weight",
        "model.layers.1.block_sparse_moe.experts.-1.w1.weight", "block_sparse_moe.experts.1.w1.weight"})
    EXPECT_FALSE(gguf_tensor_name(name).has_value()) << name;
}

TEST(GgufNames, ExpertsOfALayerAreStackedInOneTensorAMatrix) {
  const std::pair<const char*, const char*> stacks[] = {{"w1", "blk.3.ffn_gate_exps.weight"},
                                                        {"w3", "blk.3.ffn_up_exps.weight"},
                                                        {"w2", "blk.3.ffn_down_exps.weight"}};
  for (const auto& [matrix, stacked] : stacks) {
    const auto found =
        gguf_expert(std::string("model.layers.3.block_sparse_moe.experts.12.") + matrix + ".weight");
    ASSERT_TRUE(found.has_value()) << matrix;
    EXPECT_EQ(found->stacked, stacked);
    EXPECT_EQ(found->expert, 12);
  }
  for (const char* name :
       {"model.layers.3.block_sparse_moe.gate.weight", "model.layers.3.mlp.up_proj.weight",
        "model.layers.3.block_sparse_moe.experts.99999999999999999999.w1.weight", "lm_head.weight"})
    EXPECT_FALSE(gguf_expert(name).has_value()) << name;
}

TEST(GgufNames, MatricesOfExpertsAreKnownInEitherLayout) {
  for (const char* name : {"blk.3.ffn_gate_exps.weight", "blk.3.ffn_down.11.weight",
                           "model.layers.3.block_sparse_moe.experts.5.w3.weight"})
    EXPECT_TRUE(is_expert_matrix(name)) << name;
  for (const char* name :
       {"blk.3.ffn_gate_inp.weight", "blk.3.ffn_gate.weight", "model.layers.3.block_sparse_moe.gate.weight",
        "model.layers.3.mlp.up_proj.weight", "ffn_gate_exps.weight", "output.weight", ""})
    EXPECT_FALSE(is_expert_matrix(name)) << name;
}

TEST(GgufNames, LlamaRowsOfAHeadAreInterleaved) {
  // reshape(heads, 2, head_dim / 2).swapaxes(1, 2) of rows 0..7 for two heads of 4.
  const int64_t expected_hf_row[] = {0, 2, 1, 3, 4, 6, 5, 7};
  std::set<int64_t> seen;
  for (int64_t row = 0; row < 8; ++row) {
    EXPECT_EQ(hf_llama_row(row, 4), expected_hf_row[row]);
    EXPECT_EQ(gguf_llama_row(expected_hf_row[row], 4), row);
  }
  for (int64_t row = 0; row < 3 * 128; ++row) {
    EXPECT_EQ(hf_llama_row(gguf_llama_row(row, 128), 128), row);
    EXPECT_TRUE(seen.insert(gguf_llama_row(row, 128)).second);
  }
}

}  // namespace
}  // namespace retort
