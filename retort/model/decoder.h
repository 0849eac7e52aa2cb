// Decoder: the pre-norm transformer that Qwen2 and Llama share. What differs between them (biases, rotary
// style, tensor names) is decided by the architecture's file when it fills these weights.
#pragma once

#include <memory>
#include <vector>

#include "retort/model/causal_lm.h"
#include "retort/ops/attention.h"
#include "retort/ops/linear.h"
#include "retort/ops/rope.h"

namespace retort {

struct DecoderLayer {
  std::vector<float> input_norm, post_attention_norm;  // [hidden_size]
  Linear q_proj, k_proj, v_proj, o_proj;
  Linear gate_proj, up_proj, down_proj;
};

struct DecoderWeights {
  TensorView embed_tokens;  // [vocab_size, hidden_size]
  std::vector<DecoderLayer> layers;
  std::vector<float> norm;  // [hidden_size]
  Linear lm_head;           // over embed_tokens when tied
  RopeStyle rope_style = RopeStyle::half;
  RopeTable rope;
  std::shared_ptr<const void> owner;  // keeps the mapped or repacked bytes alive
};

class Decoder : public CausalLM {
 public:
  Decoder(ModelConfig config, DecoderWeights weights) : config_(std::move(config)), w_(std::move(weights)) {}

  const ModelConfig& config() const override { return config_; }
  Tensor forward(Context& ctx, std::span<const SequenceStep> sequences, KvCache& cache) const override;
  uint64_t weight_bytes() const override;
  uint64_t step_bytes() const override;
  double step_flops(int64_t n_tokens, int64_t n_outputs) const override;

 private:
  struct Step;
  template <typename F>
  void for_each_linear(F visit) const;
  Tensor attention_block(Context& ctx, const Step& step, int layer, const Tensor& x) const;
  Tensor mlp_block(Context& ctx, const DecoderLayer& layer, const Tensor& x) const;

  ModelConfig config_;
  DecoderWeights w_;
};

}  // namespace retort
