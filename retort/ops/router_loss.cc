#include "retort/ops/router_loss.h"

#include "retort/ops/gradient_target.h"
#include "retort/ops/real.h"

namespace retort {
namespace {

/// Adds the gradient to the sink of the probabilities; returns the loss.
template <typename T>
double add_balance(Context& ctx, const MoeRouting& routing, double scale) {
  const int64_t n = routing.n_tokens, n_experts = routing.n_experts;
  Arena::Mark mark(ctx.arena);
  const GradientTarget gradient(ctx, routing.probabilities);
  double loss = 0;
  for (int64_t e = 0; e < n_experts; ++e) {
    const double share = static_cast<double>(routing.load(e)) / static_cast<double>(routing.n_slots());
    const double factor = static_cast<double>(n_experts) * share / static_cast<double>(n);
    for (int64_t t = 0; t < n; ++t) {
      loss += factor * static_cast<double>(routing.probabilities.row_as<T>(t)[e]);
      gradient.tensor().row_as<T>(t)[e] = static_cast<T>(scale * factor);
    }
  }
  gradient.finish(ctx);
  return loss;
}

/// Adds the gradient to the sink of the logits; returns the loss.
template <typename T>
double add_z(Context& ctx, const Tensor& logits, const MoeRouting& routing, double scale) {
  const int64_t n = routing.n_tokens, n_experts = routing.n_experts;
  Arena::Mark mark(ctx.arena);
  const GradientTarget gradient(ctx, logits);
  double loss = 0;
  for (int64_t t = 0; t < n; ++t) {
    const auto z = static_cast<double>(elementwise<T>(ctx).log_sum_exp(logits.row_as<T>(t), n_experts));
    loss += z * z / static_cast<double>(n);
    const auto factor = static_cast<T>(scale * 2 * z / static_cast<double>(n));
    for (int64_t e = 0; e < n_experts; ++e)
      gradient.tensor().row_as<T>(t)[e] = factor * routing.probabilities.row_as<T>(t)[e];
  }
  gradient.finish(ctx);
  return loss;
}

}  // namespace

void RouterLoss::add(Context& ctx, const Tensor& logits, const MoeRouting& routing) {
  RETORT_CHECK(ctx.tape != nullptr && logits.shape() == routing.probabilities.shape());
  if (routing.n_tokens == 0) return;
  with_real(logits.dtype(), [&]<typename T>(T) {
    balance += weight * add_balance<T>(ctx, routing, weight * balance_coefficient);
    z += weight * add_z<T>(ctx, logits, routing, weight * z_coefficient);
  });
}

}  // namespace retort
