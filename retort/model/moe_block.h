// MoeBlock: a sparse mixture of experts in the place of a layer's feed-forward (Mixtral, Jiang et al. 2024,
// section 2.1): y = sum over the top_k experts e of a token of g_e down_e(silu(gate_e x) * up_e x), g the
// softmax of the router over all experts, renormalised over the chosen.
#pragma once

#include <cstdint>
#include <vector>

#include "retort/ops/linear.h"
#include "retort/ops/moe_routing.h"

namespace retort {

/// What compression looks at inside a mixture; expert e's rows are the slots that the routing gives it.
struct MoeTrace {
  MoeRouting routing;
  Tensor dispatched;  // [slots, hidden_size], what gate and up read
  Tensor activated;   // [slots, intermediate_size], what down reads
};

class MoeBlock {
 public:
  struct Weights {
    /// [n_experts, hidden_size], decoded to f32 from whatever the file has: which experts a token gets is a
    /// decision, which a rounded router makes differently, and the matrix is small.
    Tensor router;
    /// [hidden_size, n_experts], null unless the router is trained: then the tensors are parameters that
    /// outlive the block, of the activations' dtype.
    TensorView router_transposed{};
    std::vector<Linear> gate_proj, up_proj, down_proj;  // one an expert
  };

  /// `layer` is what it counts under in Context::expert_load; 1 <= top_k <= n_experts.
  MoeBlock(int layer, int64_t top_k, Weights weights);

  /// x [tokens, hidden_size] -> [tokens, hidden_size]. A token's result is the same bits whatever the others.
  Tensor forward(Context& ctx, const Tensor& x, MoeTrace* trace = nullptr) const;

  int64_t n_experts() const { return static_cast<int64_t>(w_.gate_proj.size()); }

  /// Calls visit(Linear&) on each matrix of each expert. The router is not one of them.
  template <typename F>
  void for_each_linear(F visit) {
    for (auto* experts : {&w_.gate_proj, &w_.up_proj, &w_.down_proj})
      for (Linear& part : *experts) visit(part);
  }

  uint64_t weight_bytes() const { return router_.bytes() + expert_bytes(); }
  /// Of them, those that a step of n_tokens reads in expectation, if tokens choose their experts evenly and
  /// independently: an expert is left alone with probability (1 - top_k / n_experts)^n_tokens.
  uint64_t step_bytes(int64_t n_tokens) const;
  /// Multiplications and additions for one token, which uses top_k experts.
  double token_flops() const;

 private:
  uint64_t expert_bytes() const;

  int layer_;
  int64_t top_k_;
  Weights w_;
  Linear router_;  // over w_.router
};

}  // namespace retort
