#include "retort/plan/training_memory.h"

#include <fmt/core.h>

#include <algorithm>

#include "retort/base/error.h"

namespace retort::plan {
namespace {

void add(MemoryPlan& plan, const char* name, uint64_t bytes, std::string formula) {
  if (bytes > 0) plan.parts.push_back({name, bytes, std::move(formula)});
}

uint64_t matrix_parameters(const ModelShape& shape) {
  uint64_t n = 0;
  for (const ShapeTensor& t : shape.tensors()) n += t.is_vector() ? 0 : t.elements();
  return n;
}

/// Two matrices of rank r beside each: rows x r and r x columns.
uint64_t adapter_parameters(const ModelShape& shape, int64_t rank) {
  uint64_t n = 0;
  for (const ShapeTensor& t : shape.tensors())
    if (t.group == Group::attention || t.group == Group::feed_forward || t.group == Group::experts ||
        t.group == Group::shared_experts)
      n += static_cast<uint64_t>((t.rows + t.columns) * rank * t.copies);
  return n;
}

/// Width of a token's feed-forward in the widest layer.
int64_t feed_forward_width(const ModelShape& s) {
  return std::max(s.dense_layers() > 0 ? s.intermediate_size : 0,
                  s.num_experts_per_tok * s.moe_intermediate_size + s.shared_intermediate_size);
}

/// Values of one token in one layer that the backward pass reads: two norms' outputs, two sums and two
/// products into them of the hidden size; queries and what attention mixed; keys and values; gate, up and
/// their product.
uint64_t layer_values(const ModelShape& s) {
  const int64_t kv =
      s.has_latent_attention() ? 2 * s.attention_width() : 2 * s.num_key_value_heads * s.head_dim;
  return static_cast<uint64_t>(6 * s.hidden_size + 2 * s.attention_width() + kv + 3 * feed_forward_width(s));
}

void add_activations(const ModelShape& s, const TrainingLoad& load, uint64_t value_bytes, MemoryPlan& plan) {
  const auto tokens = static_cast<uint64_t>(load.sequence) * static_cast<uint64_t>(load.sequences);
  const auto layers = static_cast<uint64_t>(s.num_hidden_layers);
  const uint64_t layer = layer_values(s), input = static_cast<uint64_t>(s.hidden_size);
  if (load.recomputation)
    add(plan, "activations", tokens * value_bytes * (layers * input + layer),
        fmt::format("{} tokens x ({} layers x {} inputs + one layer's {} values) x {} bytes", tokens, layers,
                    input, layer, value_bytes));
  else
    add(plan, "activations", tokens * value_bytes * layers * layer,
        fmt::format("{} tokens x {} layers x {} values x {} bytes", tokens, layers, layer, value_bytes));
}

void add_retort(const ModelShape& shape, const TrainingLoad& load, MemoryPlan& plan) {
  const uint64_t n = shape.parameters(), matrices = matrix_parameters(shape);
  add(plan, "weights", 4 * n + 4 * matrices,
      "f32 masters of all parameters, BF16 values of matrices and their transposed");
  add(plan, "gradients", 4 * n, "f32");
  add(plan, "optimiser", 8 * n, "AdamW: two f32 moments");
  add_activations(shape, load, 4, plan);
}

void add_device(const ModelShape& shape, const TrainingLoad& load, MemoryPlan& plan) {
  const uint64_t n = shape.parameters();
  const uint64_t moved = load.tuning == Tuning::full ? n : adapter_parameters(shape, load.adapter_rank);
  add(plan, "weights", 2 * n, "BF16");
  if (load.tuning == Tuning::adapter)
    add(plan, "adapters", 2 * moved, fmt::format("{} parameters of rank {}, BF16", moved, load.adapter_rank));
  add(plan, "gradients", 2 * moved, "BF16 of the parameters that move");
  add(plan, "optimiser", 12 * moved, "f32 masters and AdamW's two moments of the parameters that move");
  add_activations(shape, load, 2, plan);
  const auto tokens = static_cast<uint64_t>(load.sequence) * static_cast<uint64_t>(load.sequences);
  add(plan, "logits", tokens * static_cast<uint64_t>(shape.vocab_size) * 4,
      fmt::format("{} tokens x {} x 4 bytes", tokens, shape.vocab_size));
}

}  // namespace

MemoryPlan plan_training(const ModelShape& shape, const TrainingLoad& load, Runtime runtime) {
  if (load.sequence < 1 || load.sequences < 1 || load.adapter_rank < 1)
    fail(ErrorCode::bad_input,
         "plan: training on {} sequences of {} tokens with rank {}: each must be at least 1", load.sequences,
         load.sequence, load.adapter_rank);
  if (load.sequence > shape.max_position_embeddings || load.sequences > 65536)
    fail(ErrorCode::bad_input, "plan: {} sequences of {} tokens: {} was made for {} positions",
         load.sequences, load.sequence, shape.name, shape.max_position_embeddings);
  if (runtime == Runtime::retort && (load.tuning == Tuning::adapter || load.recomputation))
    fail(ErrorCode::unsupported,
         "plan: this engine trains all parameters and recomputes nothing; plan for a device (--on)");
  MemoryPlan plan;
  plan.runtime = runtime;
  runtime == Runtime::retort ? add_retort(shape, load, plan) : add_device(shape, load, plan);
  return plan;
}

}  // namespace retort::plan
