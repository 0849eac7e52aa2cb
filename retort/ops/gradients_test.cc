// Every op's backward in f64 against finite differences, on random shapes.
#include <gtest/gtest.h>

#include "retort/ops/add.h"
#include "retort/ops/causal_attention.h"
#include "retort/ops/embedding.h"
#include "retort/ops/gradient_check.h"
#include "retort/ops/linear.h"
#include "retort/ops/rms_norm.h"
#include "retort/ops/rope.h"
#include "retort/ops/swiglu.h"

namespace retort {
namespace {

Tensor random_f64(Shape shape, uint64_t seed, double scale = 1.0) {
  return random_real(DType::f64, shape, seed, scale);
}

Tensor transposed(const Tensor& w) {
  Tensor t = Tensor::owned(w.dtype(), {w.columns(), w.rows()});
  for (int64_t i = 0; i < w.rows(); ++i)
    for (int64_t j = 0; j < w.columns(); ++j)
      set_value(t, j * w.rows() + i, value_at(w, i * w.columns() + j));
  return t;
}

struct Shape2 {
  int64_t rows, columns;
};
class GradientsOf : public ::testing::TestWithParam<Shape2> {
 protected:
  Shape shape{GetParam().rows, GetParam().columns};
  GradientCheck check;
};

TEST_P(GradientsOf, Add) {
  const Tensor x = random_f64(shape, 1), y = random_f64(shape, 2);
  check.activation("x", x);
  check.activation("y", y);
  check.expect([&](Context& ctx) { return std::vector{add(ctx, x, y)}; });
}

TEST_P(GradientsOf, RmsNorm) {
  const Tensor x = random_f64(shape, 1), w = random_f64({shape.columns()}, 2);
  check.activation("x", x);
  check.parameter("w", w);
  check.expect([&](Context& ctx) { return std::vector{rms_norm(ctx, x, w, 1e-3)}; });
}

TEST_P(GradientsOf, Swiglu) {
  const Tensor gate = random_f64(shape, 1, 2.0), up = random_f64(shape, 2);
  check.activation("gate", gate);
  check.activation("up", up);
  check.expect([&](Context& ctx) { return std::vector{swiglu(ctx, gate, up)}; });
}

TEST_P(GradientsOf, WhatIsUsedManyTimes) {
  const Tensor x = random_f64(shape, 1), w = random_f64({shape.columns()}, 2);
  check.activation("x", x);
  check.parameter("w", w);
  check.expect([&](Context& ctx) {
    const Tensor y = rms_norm(ctx, x, w, 1e-3);
    return std::vector{add(ctx, swiglu(ctx, y, y), rms_norm(ctx, add(ctx, x, y), w, 1e-3)), add(ctx, x, x)};
  });
}

TEST_P(GradientsOf, LinearLayersThatShareTheirInput) {
  const int64_t in = shape.columns();
  const Tensor x = random_f64(shape, 1), w0 = random_f64({5, in}, 2), w1 = random_f64({3, in}, 3),
               bias = random_f64({3}, 4);
  const Tensor t0 = transposed(w0), t1 = transposed(w1);
  const Linear first = Linear::trainable(w0.view(), t0.view(), nullptr);
  const Linear second = Linear::trainable(w1.view(), t1.view(), &bias);
  check.activation("x", x);
  check.parameter("first weight", w0);
  check.parameter("second weight", w1);
  check.parameter("bias", bias);
  check.expect([&](Context& ctx) {
    const Linear* layers[] = {&first, &second};
    std::vector<Tensor> y(2);
    linear(ctx, x, layers, y);
    return std::vector{y[0], swiglu(ctx, y[1], linear(ctx, x, second))};
  });
}

INSTANTIATE_TEST_SUITE_P(Shapes, GradientsOf,
                         ::testing::Values(Shape2{1, 1}, Shape2{3, 7}, Shape2{5, 16}, Shape2{131, 2}),
                         [](const auto& p) {
                           return std::to_string(p.param.rows) + "x" + std::to_string(p.param.columns);
                         });

TEST(Gradients, EmbeddingGathersWhatEveryTokenSees) {
  const std::vector<int32_t> tokens = {3, 0, 3, 3, 1};
  const Tensor table = random_f64({5, 7}, 1);
  TapeMachine machine;
  const Tensor gradient = Tensor::owned(DType::f64, table.shape());
  machine.tape.watch(table.bytes(), gradient);
  const Tensor x = embedding(machine.ctx, table.view(), tokens);
  put_probe(machine.tape, x, 1);
  const Tensor dx = machine.tape.gradient(x);
  Tensor right = Tensor::owned(DType::f64, table.shape());
  for (size_t i = 0; i < tokens.size(); ++i)
    for (int64_t j = 0; j < 7; ++j)
      right.row_as<double>(tokens[i])[j] += dx.row_as<double>(static_cast<int64_t>(i))[j];
  machine.tape.backward(machine.ctx);
  for (int64_t i = 0; i < 35; ++i) EXPECT_EQ(value_at(gradient, i), value_at(right, i));
}

TEST(Gradients, EmbeddingAgainstFiniteDifferences) {
  const std::vector<int32_t> tokens = {2, 0, 2, 1};
  const Tensor table = random_f64({3, 5}, 1);
  GradientCheck check;
  check.parameter("table", table);
  check.expect([&](Context& ctx) {
    const Tensor x = embedding(ctx, table.view(), tokens);
    return std::vector{swiglu(ctx, x, x)};
  });
}

class RopeGradients : public ::testing::TestWithParam<RopeStyle> {};

TEST_P(RopeGradients, RotateBackInPlace) {
  RopeParameters parameters{.type = RopeParameters::Type::yarn, .rotary_dim = 6, .factor = 4};
  parameters.max_position_embeddings = 64;
  const RopeTable table(parameters);
  const std::vector<int64_t> positions = {0, 1, 9, 40};
  const Tensor x = random_f64({4, 16}, 1), zero = Tensor::owned(DType::f64, {4, 16});
  GradientCheck check;
  check.activation("x", x);
  check.expect([&](Context& ctx) {
    const Tensor y = add(ctx, x, zero);
    rope(ctx, y, positions, table, GetParam(), 8);
    return std::vector{swiglu(ctx, y, y)};
  });
}

INSTANTIATE_TEST_SUITE_P(Styles, RopeGradients, ::testing::Values(RopeStyle::half, RopeStyle::interleaved),
                         [](const auto& p) { return p.param == RopeStyle::half ? "half" : "interleaved"; });

struct AttentionCase {
  const char* name;
  int kv_heads, group, head_dim;
  std::vector<DocumentRows> documents;
};
class AttentionGradients : public ::testing::TestWithParam<AttentionCase> {};

TEST_P(AttentionGradients, OfQueriesKeysAndValues) {
  const AttentionCase& c = GetParam();
  const int64_t rows = c.documents.back().first_row + c.documents.back().n_tokens;
  const int64_t width = int64_t{c.kv_heads} * c.head_dim;
  const Tensor q = random_f64({rows, width * c.group}, 1, 2.0), k = random_f64({rows, width}, 2),
               v = random_f64({rows, width}, 3);
  GradientCheck check;
  check.activation("q", q);
  check.activation("k", k);
  check.activation("v", v);
  check.expect(
      [&](Context& ctx) { return std::vector{causal_attention(ctx, q, k, v, c.head_dim, c.documents)}; });
}

INSTANTIATE_TEST_SUITE_P(Cases, AttentionGradients,
                         ::testing::Values(AttentionCase{"one_head", 1, 1, 5, {{0, 7}}},
                                           AttentionCase{
                                               "grouped_packed", 2, 3, 4, {{0, 5}, {5, 1}, {6, 0}, {6, 4}}},
                                           AttentionCase{"groups_of_two", 1, 2, 3, {{0, 12}}}),
                         [](const auto& p) { return p.param.name; });

}  // namespace
}  // namespace retort
