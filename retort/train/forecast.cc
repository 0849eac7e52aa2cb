#include "retort/train/forecast.h"

#include <algorithm>
#include <limits>

#include "retort/base/arithmetic.h"
#include "retort/base/error.h"

namespace retort::train {
namespace {

/// A product of sizes that stops at the top instead of wrapping: what it is compared with is memory.
uint64_t times(uint64_t a, uint64_t b) {
  return checked_mul(a, b).value_or(std::numeric_limits<uint64_t>::max());
}
uint64_t plus(uint64_t a, uint64_t b) {
  return checked_add(a, b).value_or(std::numeric_limits<uint64_t>::max());
}

}  // namespace

uint64_t MemoryForecast::total() const {
  uint64_t learning = 0;
  for (uint64_t part : {state, products, activations, logits, data, teacher, caches, program})
    learning = plus(learning, part);
  return std::max(sampling, learning);
}

ModelCost model_cost(const ModelConfig& c) {
  auto size = [](int64_t x) { return static_cast<uint64_t>(x); };
  const uint64_t h = size(c.hidden_size), f = size(c.intermediate_size), layers = size(c.num_hidden_layers);
  const uint64_t q = size(c.num_attention_heads) * size(c.head_dim);
  const uint64_t kv = size(c.num_key_value_heads) * size(c.head_dim);
  // The ranges of config_limits.h keep these products below 2^63.
  const uint64_t attention = h * (q + kv + kv) + q * h, mlp = 3 * h * f;
  const uint64_t experts = size(c.num_local_experts), used = size(c.num_experts_per_tok);
  const uint64_t router = experts * h;
  const bool dense = !c.has_experts();
  const uint64_t used_weights = attention + (dense ? mlp : plus(times(used, mlp), router));
  const uint64_t layer_weights = dense ? used_weights : plus(attention, plus(times(experts, mlp), router));
  const uint64_t layer_vectors =
      2 * h + (c.attention_bias ? q + kv + kv : 0) + (c.attention_output_bias ? h : 0);
  const uint64_t table = size(c.vocab_size) * h;

  ModelCost cost;
  cost.product_weights = plus(times(layers, used_weights), table);
  cost.matrix_weights = plus(times(layers, layer_weights), table);
  cost.parameters = plus(plus(cost.matrix_weights, c.tie_word_embeddings ? 0 : table),
                         plus(times(layers, layer_vectors), h));
  cost.attention_width = static_cast<double>(layers) * static_cast<double>(q);
  // Per layer: two norms, their inputs and outputs (6 h), queries before and after mixing (2 q), keys and
  // values (2 kv), gate, up and their product (3 f). A mixture has these of each expert that a token uses,
  // with the token's copy and the expert's result (2 h), and the router's logits and probabilities.
  const uint64_t inside = dense ? 3 * f : plus(times(used, 3 * f + 2 * h), 2 * experts);
  cost.activations = plus(times(layers, plus(6 * h + 2 * q + 2 * kv, inside)), 2 * h);
  return cost;
}

double training_flops_per_token(const ModelCost& cost, double sequence_length) {
  return 6 * static_cast<double>(cost.product_weights) + 6 * cost.attention_width * sequence_length;
}

MemoryForecast training_memory(const ModelCost& cost, uint64_t tokens_at_once, uint64_t pending_sums) {
  return {.state = times(16 + 4 * pending_sums, cost.parameters),
          .products = plus(times(2, cost.parameters), times(2, cost.matrix_weights)),
          .activations = times(times(6, cost.activations), tokens_at_once)};
}

}  // namespace retort::train
