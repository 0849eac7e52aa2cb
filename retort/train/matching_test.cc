#include "retort/train/matching.h"

#include <gtest/gtest.h>

#include <cstring>

#include "retort/base/error.h"
#include "retort/train/small_models.h"

namespace retort::train {
namespace {

AttentionStates random_states(DType dtype, int64_t rows, int64_t heads, int64_t kv_heads, int64_t head_dim,
                              uint64_t seed) {
  return {random_real(dtype, {rows, heads * head_dim}, seed),
          random_real(dtype, {rows, kv_heads * head_dim}, seed + 1),
          random_real(dtype, {rows, kv_heads * head_dim}, seed + 2), heads, kv_heads};
}

const std::vector<DocumentRows> kDocuments = {{0, 5}, {5, 1}, {6, 7}};
const std::vector<uint8_t> kCounts = {1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1};

/// The gradient that `loss` would put at x.
Tensor gradient_of(const PendingLoss& loss, const Tensor& x) {
  for (const PendingLoss::Part& part : loss.parts)
    if (part.of.bytes() == x.bytes()) return part.gradient;
  return {};
}

TEST(Matching, HiddenLossIsTheMeanSquareAndItsGradientIsRight) {
  TapeMachine machine;
  const Tensor x = random_real(DType::f64, {13, 6}, 1), target = random_real(DType::f64, {13, 6}, 2);
  double exact = 0;
  for (int64_t i = 0; i < 13; ++i)
    for (int64_t j = 0; j < 6; ++j)
      if (kCounts[static_cast<size_t>(i)] != 0)
        exact += std::pow(x.row_as<double>(i)[j] - target.row_as<double>(i)[j], 2) / 6 / 20;
  const PendingLoss loss = hidden_loss(machine.ctx, x, target, kCounts, 20);
  EXPECT_NEAR(loss.value, exact, 1e-14);
  const Tensor numeric =
      numeric_gradient(x, [&] { return hidden_loss(machine.ctx, x, target, kCounts, 20).value; });
  EXPECT_LT(relative_difference(gradient_of(loss, x), numeric), 1e-9);
}

TEST(Matching, RelationGradientsEqualFiniteDifferencesBetweenDifferentHeads) {
  TapeMachine machine;
  // Widths 24 and 30: relation heads of 8 and 10, which cut through heads of 6 and 5.
  const AttentionStates student = random_states(DType::f64, 13, 4, 2, 6, 10);
  const AttentionStates teacher = random_states(DType::f64, 13, 6, 3, 5, 20);
  const auto run = [&] { return relation_loss(machine.ctx, student, teacher, 3, kDocuments, kCounts, 10); };
  const PendingLoss loss = run();
  EXPECT_GT(loss.value, 0);
  for (const Tensor& x : {student.q, student.k, student.v}) {
    const Tensor numeric = numeric_gradient(x, [&] { return run().value; });
    EXPECT_LT(relative_difference(gradient_of(loss, x), numeric), 1e-8);
  }
}

TEST(Matching, RelationsOfEqualModelsDoNotDiffer) {
  TapeMachine machine;
  const AttentionStates states = random_states(DType::f64, 13, 4, 2, 8, 30);
  const PendingLoss loss = relation_loss(machine.ctx, states, states, 4, kDocuments, kCounts, 10);
  EXPECT_NEAR(loss.value, 0, 1e-15);
  for (const PendingLoss::Part& part : loss.parts)
    for (int64_t i = 0; i < part.gradient.shape().elements(); ++i)
      EXPECT_NEAR(value_at(part.gradient, i), 0, 1e-15);
}

TEST(Matching, RelationLossFollowsItsFormula) {
  TapeMachine machine;
  const AttentionStates s = random_states(DType::f64, 3, 2, 2, 4, 40),
                        t = random_states(DType::f64, 3, 1, 1, 6, 50);
  const std::vector<DocumentRows> documents = {{0, 3}};
  const std::vector<uint8_t> counts = {1, 1, 1};
  const auto relations = [](const Tensor& a, int64_t i, int64_t head, int64_t d) {
    std::vector<double> r;
    double sum = 0;
    for (int64_t j = 0; j <= i; ++j) {
      double dot = 0;
      for (int64_t k = 0; k < d; ++k)
        dot += a.row_as<double>(i)[head * d + k] * a.row_as<double>(j)[head * d + k];
      r.push_back(std::exp(dot / std::sqrt(static_cast<double>(d))));
      sum += r.back();
    }
    for (double& x : r) x /= sum;
    return r;
  };
  double exact = 0;
  for (auto [a, b] : {std::pair(s.q, t.q), {s.k, t.k}, {s.v, t.v}})
    for (int64_t head : {0, 1})
      for (int64_t i = 0; i < 3; ++i) {
        const auto r = relations(a, i, head, 4), p = relations(b, i, head, 3);
        for (size_t j = 0; j < r.size(); ++j) exact += p[j] * std::log(p[j] / r[j]) / (3 * 2 * 3);
      }
  EXPECT_NEAR(relation_loss(machine.ctx, s, t, 2, documents, counts, 3).value, exact, 1e-12);
}

TEST(Matching, FloatIsWithin1e4OfDoubleAndTheSameForAnyThreads) {
  TapeMachine two(2), five(5);
  const auto run = [&](DType dtype, TapeMachine& machine, AttentionStates& student) {
    student = random_states(dtype, 13, 4, 2, 16, 60);
    const AttentionStates teacher = random_states(dtype, 13, 8, 4, 16, 70);
    return relation_loss(machine.ctx, student, teacher, 8, kDocuments, kCounts, 10);
  };
  AttentionStates a, b, c;
  const PendingLoss exact = run(DType::f64, two, a), found = run(DType::f32, two, b),
                    other = run(DType::f32, five, c);
  EXPECT_NEAR(found.value, exact.value, 1e-5 * exact.value);
  EXPECT_EQ(found.value, other.value);
  for (size_t i = 0; i < 3; ++i) {
    const Tensor &x = found.parts[i].gradient, &y = other.parts[i].gradient;
    EXPECT_LT(relative_difference(x, exact.parts[i].gradient), 1e-4);
    EXPECT_EQ(std::memcmp(x.bytes(), y.bytes(), x.view().bytes()), 0);
  }
}

TEST(Matching, SeedAddsTheScaledGradient) {
  TapeMachine machine;
  const Tensor x = random_real(DType::f32, {13, 6}, 1), target = random_real(DType::f32, {13, 6}, 2);
  const PendingLoss loss = hidden_loss(machine.ctx, x, target, kCounts, 20);
  seed(machine.ctx, loss, 2);
  seed(machine.ctx, loss, 3);
  const Tensor found = machine.tape.gradient(x);
  for (int64_t i = 0; i < 13 * 6; ++i) EXPECT_NEAR(found.f32()[i], 5 * loss.parts[0].gradient.f32()[i], 1e-6);
}

TEST(Matching, BalanceMakesLossesCountTheSame) {
  EXPECT_DOUBLE_EQ(balance(3.0, 0.5) * 0.5, 3.0);
  EXPECT_EQ(balance(3.0, 0.0), 0.0);
}

TEST(Matching, RelationHeadsMustDivideBothWidths) {
  EXPECT_NO_THROW(check_relation_heads(4, 64, 256));
  EXPECT_THROW(check_relation_heads(3, 64, 256), Error);
  EXPECT_THROW(check_relation_heads(0, 64, 256), Error);
}

}  // namespace
}  // namespace retort::train
