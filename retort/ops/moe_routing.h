// The router of a mixture of experts (Mixtral, Jiang et al. 2024, section 2.1): the softmax over all experts,
// of which a token keeps the largest top_k, renormalised to sum to one. Forward and backward.
#pragma once

#include <cstdint>
#include <span>

#include "retort/ops/context.h"

namespace retort {

/// Which experts each token goes to, and the order in which experts take their tokens. Pairs (token, rank)
/// are grouped by expert into slots: expert e has slots [starts[e], starts[e + 1]), its tokens ascending.
/// All of it lies in the context's arena.
struct MoeRouting {
  int64_t n_tokens = 0, n_experts = 0, top_k = 0;
  Tensor probabilities;        // [n_tokens, n_experts]: the softmax
  Tensor weights;              // [n_tokens, top_k]: the chosen ones over their sum, largest first
  std::span<int32_t> experts;  // [n_tokens * top_k]: of each token by rank
  std::span<int64_t> starts;   // [n_experts + 1]
  std::span<int64_t> tokens;   // [n_tokens * top_k]: the token of each slot
  std::span<int64_t> slots;    // [n_tokens * top_k]: the slot of each token's rank

  int64_t n_slots() const { return n_tokens * top_k; }
  /// Tokens that go to expert e.
  int64_t load(int64_t e) const {
    return starts[static_cast<size_t>(e) + 1] - starts[static_cast<size_t>(e)];
  }
};

/// logits [tokens, experts], f32 or f64; 1 <= top_k <= experts. Experts are ranked by their logits, equal
/// ones by their index, so that a token's experts and weights depend on its own logits only. A NaN ranks
/// last, and shows in the weights. Gradients flow through the weights and the probabilities; the choice
/// itself has none.
MoeRouting moe_route(Context& ctx, const Tensor& logits, int64_t top_k);

}  // namespace retort
