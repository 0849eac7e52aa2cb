#include "retort/model/moe_block.h"

#include <cmath>

#include "retort/ops/expert_load.h"
#include "retort/ops/moe_experts.h"
#include "retort/ops/router_loss.h"
#include "retort/ops/swiglu.h"

namespace retort {

namespace {

Linear router_of(const MoeBlock::Weights& w) {
  if (w.router_transposed.data != nullptr)
    return Linear::trainable(w.router.view(), w.router_transposed, nullptr);
  return Linear("router", {w.router.view(), {}, {}, {}});
}

}  // namespace

MoeBlock::MoeBlock(int layer, int64_t top_k, Weights weights)
    : layer_(layer), top_k_(top_k), w_(std::move(weights)), router_(router_of(w_)) {
  RETORT_CHECK(w_.router.rows() == n_experts() && top_k >= 1 && top_k <= n_experts());
  RETORT_CHECK(w_.up_proj.size() == w_.gate_proj.size() && w_.down_proj.size() == w_.gate_proj.size());
}

Tensor MoeBlock::forward(Context& ctx, const Tensor& x, MoeTrace* trace) const {
  const Tensor logits = linear(ctx, x, router_);  // [tokens, n_experts]
  const MoeRouting routing = moe_route(ctx, logits, top_k_);
  if (ctx.expert_load) ctx.expert_load->add(layer_, routing);
  if (ctx.tape && ctx.router_loss) ctx.router_loss->add(ctx, logits, routing);

  const std::span<const Linear> projections[] = {w_.gate_proj, w_.up_proj};
  Tensor gate_up[2];  // [slots, intermediate_size] each, slots = tokens * top_k
  const Tensor dispatched = moe_dispatch(ctx, x, routing);
  moe_linear(ctx, dispatched, routing, projections, gate_up);
  const Tensor activated = swiglu(ctx, gate_up[0], gate_up[1]);
  if (trace) *trace = {routing, dispatched, activated};
  Tensor y = moe_linear(ctx, activated, routing, w_.down_proj);
  return moe_combine(ctx, y, routing);
}

uint64_t MoeBlock::expert_bytes() const {
  uint64_t total = 0;
  for (const auto* experts : {&w_.gate_proj, &w_.up_proj, &w_.down_proj})
    for (const Linear& part : *experts) total += part.bytes();
  return total;
}

uint64_t MoeBlock::step_bytes(int64_t n_tokens) const {
  const double unused = 1.0 - static_cast<double>(top_k_) / static_cast<double>(n_experts());
  const double read = 1.0 - std::pow(unused, static_cast<double>(n_tokens));
  return router_.bytes() + static_cast<uint64_t>(std::llround(read * static_cast<double>(expert_bytes())));
}

double MoeBlock::token_flops() const {
  const double expert =
      w_.gate_proj[0].token_flops() + w_.up_proj[0].token_flops() + w_.down_proj[0].token_flops();
  return router_.token_flops() + static_cast<double>(top_k_) * expert;
}

}  // namespace retort
