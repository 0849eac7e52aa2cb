// The backward of router, dispatch, experts and combination in f64 against finite differences, where no token
// hangs between two experts.
#include <gtest/gtest.h>

#include "retort/ops/gradient_check.h"
#include "retort/ops/moe_experts.h"
#include "retort/ops/router_loss.h"
#include "retort/ops/swiglu.h"

namespace retort {
namespace {

Tensor random_f64(Shape shape, uint64_t seed, double scale = 1.0) {
  return random_real(DType::f64, shape, seed, scale);
}

/// A trainable matrix with its transposed form, which finite differences of its input do not change.
struct Matrix {
  Matrix(int64_t out, int64_t in, uint64_t seed)
      : w(random_f64({out, in}, seed)), turned(Tensor::owned(DType::f64, {in, out})) {
    for (int64_t i = 0; i < out; ++i)
      for (int64_t j = 0; j < in; ++j) set_value(turned, j * out + i, value_at(w, i * in + j));
  }
  Linear linear() const { return Linear::trainable(w.view(), turned.view(), nullptr); }
  Tensor w, turned;
};

/// Logits of which each token's ranks are far apart, with every expert in use.
Tensor decided_logits(int64_t n, int64_t n_experts) {
  Tensor logits = random_f64({n, n_experts}, 7, 0.1);
  for (int64_t t = 0; t < n; ++t)
    for (int64_t e = 0; e < n_experts; ++e)
      set_value(logits, t * n_experts + e,
                value_at(logits, t * n_experts + e) + 0.7 * static_cast<double>((e + 2 * t) % n_experts));
  return logits;
}

TEST(MoeGradients, OfTheRouterThroughWeightsAndProbabilities) {
  const Tensor logits = decided_logits(6, 5);
  for (int64_t k : {1, 2, 5}) {
    GradientCheck check;
    check.activation("logits", logits);
    check.expect([&](Context& ctx) {
      const MoeRouting routing = moe_route(ctx, logits, k);
      return std::vector{routing.weights, routing.probabilities};
    });
  }
}

TEST(MoeGradients, OfDispatchAndCombination) {
  // What makes the slots of a token differ, as experts do.
  const Tensor logits = decided_logits(6, 5), x = random_f64({6, 3}, 1), scale = random_f64({18, 3}, 2);
  GradientCheck check;
  check.activation("logits", logits);
  check.activation("x", x);
  check.activation("scale", scale);
  check.expect([&](Context& ctx) {
    const MoeRouting routing = moe_route(ctx, logits, 3);
    const Tensor slots = moe_dispatch(ctx, x, routing);
    return std::vector{moe_combine(ctx, swiglu(ctx, slots, scale), routing)};
  });
}

TEST(MoeGradients, OfEveryExpertsMatrices) {
  constexpr int64_t kExperts = 3, kIn = 4, kWide = 5;
  const Tensor logits = decided_logits(7, kExperts), x = random_f64({7, kIn}, 1);
  std::vector<Matrix> gate, up, down;
  std::vector<Linear> gates, ups, downs;
  GradientCheck check;
  check.activation("logits", logits);
  check.activation("x", x);
  for (uint64_t e = 0; e < kExperts; ++e) {
    gate.emplace_back(kWide, kIn, 10 + e);
    up.emplace_back(kWide, kIn, 20 + e);
    down.emplace_back(kIn, kWide, 30 + e);
    gates.push_back(gate.back().linear());
    ups.push_back(up.back().linear());
    downs.push_back(down.back().linear());
    check.parameter("gate " + std::to_string(e), gate.back().w);
    check.parameter("up " + std::to_string(e), up.back().w);
    check.parameter("down " + std::to_string(e), down.back().w);
  }
  check.expect([&](Context& ctx) {
    const MoeRouting routing = moe_route(ctx, logits, 2);
    const std::span<const Linear> matrices[] = {gates, ups};
    Tensor wide[2];
    moe_linear(ctx, moe_dispatch(ctx, x, routing), routing, matrices, wide);
    return std::vector{
        moe_combine(ctx, moe_linear(ctx, swiglu(ctx, wide[0], wide[1]), routing, downs), routing)};
  });
}

/// The two losses, written out, times what they count in the step.
double router_losses(const Tensor& logits, int64_t k, const RouterLoss& c) {
  TapeMachine machine(1);
  machine.ctx.tape = nullptr;
  const MoeRouting routing = moe_route(machine.ctx, logits, k);
  const int64_t n = logits.rows(), n_experts = logits.columns();
  double balance = 0, z = 0;
  for (int64_t e = 0; e < n_experts; ++e) {
    double mean = 0;
    for (int64_t t = 0; t < n; ++t)
      mean += value_at(routing.probabilities, t * n_experts + e) / static_cast<double>(n);
    balance += static_cast<double>(n_experts * routing.load(e)) / static_cast<double>(n * k) * mean;
  }
  for (int64_t t = 0; t < n; ++t) {
    double sum = 0;
    for (int64_t e = 0; e < n_experts; ++e) sum += std::exp(value_at(logits, t * n_experts + e));
    z += std::log(sum) * std::log(sum) / static_cast<double>(n);
  }
  return c.weight * (c.balance_coefficient * balance + c.z_coefficient * z);
}

TEST(MoeGradients, OfTheRoutersLosses) {
  const Tensor logits = decided_logits(5, 4);
  TapeMachine machine;
  RouterLoss loss{.balance_coefficient = 0.3, .z_coefficient = 0.2, .weight = 0.5};
  const MoeRouting routing = moe_route(machine.ctx, logits, 2);
  loss.add(machine.ctx, logits, routing);
  machine.tape.backward(machine.ctx);
  const Tensor gradient = machine.tape.gradient(logits);
  ASSERT_NE(gradient.bytes(), nullptr);
  EXPECT_NEAR(0.3 * loss.balance + 0.2 * loss.z, router_losses(logits, 2, loss), 1e-12);
  for (int64_t i = 0; i < logits.shape().elements(); ++i) {
    const double x = value_at(logits, i);
    const double exact = derivative([&](double step) {
      set_value(logits, i, x + step);
      return router_losses(logits, 2, loss);
    });
    set_value(logits, i, x);
    EXPECT_NEAR(value_at(gradient, i), exact, 1e-9 + 1e-6 * std::abs(exact)) << i;
  }
}

TEST(RouterLoss, BalanceIsOneWhereTokensSpreadEvenly) {
  TapeMachine machine;
  const int64_t n_experts = 4;
  const Tensor even = Tensor::owned(DType::f64, {n_experts, n_experts});
  for (int64_t t = 0; t < n_experts; ++t) set_value(even, t * n_experts + t, 3);
  RouterLoss spread;
  spread.add(machine.ctx, even, moe_route(machine.ctx, even, 1));
  EXPECT_NEAR(spread.balance, 1.0, 1e-12);
  const Tensor same = Tensor::owned(DType::f64, {n_experts, n_experts});
  for (int64_t t = 0; t < n_experts; ++t) set_value(same, t * n_experts, 40);
  RouterLoss collapsed;
  collapsed.add(machine.ctx, same, moe_route(machine.ctx, same, 1));
  EXPECT_NEAR(collapsed.balance, static_cast<double>(n_experts), 1e-12);
}

TEST(MoeGradients, AreTheSameBitsOnAnyNumberOfThreads) {
  constexpr int64_t kTokens = 90, kExperts = 4, kIn = 32;
  const Tensor logits = random_real(DType::f32, {kTokens, kExperts}, 1),
               x = random_real(DType::f32, {kTokens, kIn}, 2);
  std::vector<Tensor> storage;
  std::vector<Linear> experts;
  for (uint64_t e = 0; e < kExperts; ++e) {
    const Tensor w = storage.emplace_back(random_real(DType::f32, {kIn, kIn}, 10 + e));
    const Tensor turned = storage.emplace_back(random_real(DType::f32, {kIn, kIn}, 20 + e));
    experts.push_back(Linear::trainable(w.view(), turned.view(), nullptr));
  }
  auto gradients = [&](int threads) {
    TapeMachine machine(threads);
    const Tensor dw = Tensor::owned(DType::f32, {kIn, kIn});
    machine.tape.watch(experts[0].weight().data, dw);
    const MoeRouting routing = moe_route(machine.ctx, logits, 2);
    const Tensor y = moe_combine(
        machine.ctx, moe_linear(machine.ctx, moe_dispatch(machine.ctx, x, routing), routing, experts),
        routing);
    put_probe(machine.tape, y, 1);
    machine.tape.backward(machine.ctx);
    std::vector<float> all;
    for (const Tensor& g : {dw, machine.tape.gradient(x), machine.tape.gradient(logits)})
      all.insert(all.end(), g.f32(), g.f32() + g.shape().elements());
    return all;
  };
  EXPECT_EQ(gradients(1), gradients(3));
}

}  // namespace
}  // namespace retort
