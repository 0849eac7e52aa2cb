// Decoder: the pre-norm transformer that Qwen2, Llama and Mixtral share. What differs between them (biases,
// rotary style, feed-forward, tensor names) is decided by the architecture's file and the loader when they
// fill these weights.
#pragma once

#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "retort/model/causal_lm.h"
#include "retort/model/input_pruning.h"
#include "retort/model/mlp.h"
#include "retort/model/moe_block.h"
#include "retort/model/repack.h"
#include "retort/ops/attention.h"
#include "retort/ops/causal_attention.h"
#include "retort/ops/linear.h"
#include "retort/ops/rope.h"

namespace retort {

struct DecoderLayer {
  Tensor input_norm, post_attention_norm;  // [hidden_size], of the activations' dtype
  Linear q_proj, k_proj, v_proj, o_proj;
  std::variant<Mlp, MoeBlock> mlp;
};

struct DecoderWeights {
  TensorView embed_tokens;  // [vocab_size, hidden_size]
  std::vector<DecoderLayer> layers;
  Tensor norm;     // [hidden_size]
  Linear lm_head;  // over embed_tokens when tied
  RopeStyle rope_style = RopeStyle::half;
  RopeTable rope;
  std::shared_ptr<const void> owner;  // keeps the mapped bytes alive
};

/// What distillation and pruning look at inside a layer, all [tokens, ...]. q and k are rotated.
struct LayerTrace {
  Tensor q, k, v;         // [tokens, heads * head_dim], [tokens, key-value heads * head_dim] twice
  Tensor input;           // [tokens, hidden_size], of the whole layer
  Tensor attention_norm;  // [tokens, hidden_size], normed for attention
  Tensor mixed;           // [tokens, heads * head_dim], what o_proj reads
  Tensor middle;          // [tokens, hidden_size], between attention and feed-forward
  Tensor mlp_norm;        // [tokens, hidden_size], normed for the feed-forward
  Tensor activated;       // [tokens, intermediate_size], what down_proj reads; null bytes in a mixture
  MoeTrace experts;       // of a mixture
  Tensor output;          // [tokens, hidden_size], of the whole layer
};

class Decoder : public CausalLM {
 public:
  Decoder(ModelConfig config, DecoderWeights weights) : config_(std::move(config)), w_(std::move(weights)) {}

  const ModelConfig& config() const override { return config_; }
  Tensor forward(Context& ctx, std::span<const SequenceStep> sequences, KvCache& cache) const override;

  /// The normed hidden states [tokens, hidden_size] behind the last layer of whole documents, each a sequence
  /// of its own from position 0 on, in their order; ready for the head. Needs no cache, and gives the very
  /// bits that serving computes with a BF16 cache. With a tape everything it computes stays until the arena
  /// is reset; so it does if `trace`, which gets one entry a layer, is wanted. f64 weights make f64.
  Tensor hidden_states(Context& ctx, std::span<const std::span<const int32_t>> documents,
                       std::vector<LayerTrace>* trace = nullptr) const;
  const Linear& lm_head() const { return w_.lm_head; }

  /// From now on inputs up to the thresholds, an entry a layer, count as zero (input_pruning.h); the head's
  /// and a mixture's experts' inputs all count. With `columns` BF16 matrices are copied so that skipping is
  /// faster. Once, before `repack`, and the Decoder must not move afterwards.
  void prune_inputs(Context& ctx, const Checkpoint& checkpoint, std::span<const LayerThresholds> thresholds,
                    bool columns, const ProgressFn& progress);
  /// Null before.
  const InputPruning* input_pruning() const { return input_pruning_.get(); }

  /// hidden_states one step at a time, for passes that hold few layers: the embedding, a layer (this model's
  /// or one like it) over what is in front of it, which stays as it is, and the last norm. The documents
  /// cover x's rows.
  Tensor embed(Context& ctx, std::span<const int32_t> tokens) const;
  Tensor layer_states(Context& ctx, const DecoderLayer& layer, const Tensor& x,
                      std::span<const DocumentRows> documents, LayerTrace* trace = nullptr) const;
  Tensor last_norm(Context& ctx, const Tensor& x) const;
  const DecoderLayer& layer(int index) const { return w_.layers[static_cast<size_t>(index)]; }

  /// Gives the weights memory of their own, now or later; once, and the Decoder must not move afterwards.
  void repack(Context& ctx, const Checkpoint& checkpoint, Repack when, const ProgressFn& progress);
  bool settle(Context& ctx, uint64_t bytes) override;
  uint64_t repacked_bytes() const override { return repacking_ ? repacking_->done() : 0; }

  uint64_t weight_bytes() const override;
  uint64_t step_bytes(int64_t n_tokens) const override;
  double step_flops(int64_t n_tokens, int64_t n_outputs) const override;

 private:
  struct Step;
  template <typename F>
  uint64_t bytes_with(F mlp_bytes) const;
  Tensor run_layer(Context& ctx, const Step& step, const DecoderLayer& layer, int index, Tensor x) const;
  Tensor run_layers(Context& ctx, const Step& step, std::span<const int32_t> tokens) const;
  Tensor attention_block(Context& ctx, const Step& step, const DecoderLayer& layer, int index,
                         const Tensor& x) const;
  Tensor attend(Context& ctx, const Step& step, int layer, std::span<const Tensor> qkv) const;
  Tensor mlp_block(Context& ctx, const Step& step, const DecoderLayer& layer, int index,
                   const Tensor& x) const;
  Tensor pruned_mlp(Context& ctx, const Mlp& mlp, int layer, const Tensor& x, Tensor* activated) const;
  void project(Context& ctx, int layer, InputSite site, const Tensor& x,
               std::span<const Linear* const> matrices, std::span<Tensor> y) const;

  ModelConfig config_;
  DecoderWeights w_;
  std::unique_ptr<InputPruning> input_pruning_;  // null: all inputs count
  std::unique_ptr<Repacking> repacking_;         // null: all is used in place
};

}  // namespace retort
