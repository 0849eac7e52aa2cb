// Backwards in f32 and BF16 against the same code in f64, at every level and on any number of threads.
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "retort/ops/add.h"
#include "retort/ops/causal_attention.h"
#include "retort/ops/gradient_check.h"
#include "retort/ops/linear_backward.h"
#include "retort/ops/rms_norm.h"
#include "retort/ops/swiglu.h"
#include "retort/tensor/codec.h"

namespace retort {
namespace {

/// A matrix and its transposed, rounded to `dtype` from values that are the same in every dtype.
struct Matrix {
  Tensor weight, transposed, gradient;

  Matrix(DType dtype, int64_t out, int64_t in, uint64_t seed)
      : weight(Tensor::owned(dtype, {out, in})),
        transposed(Tensor::owned(dtype, {in, out})),
        gradient(Tensor::owned(dtype == DType::f64 ? DType::f64 : DType::f32, {out, in})) {
    const Tensor w = random_real(DType::f32, {out, in}, seed, 0.3);
    for (int64_t i = 0; i < out; ++i)
      for (int64_t j = 0; j < in; ++j) {
        const float value = to_f32(to_bf16(w.row(i)[j]));
        put(weight, i * in + j, value);
        put(transposed, j * out + i, value);
      }
  }
  Linear layer(const Tensor* bias) const { return Linear::trainable(weight.view(), transposed.view(), bias); }

 private:
  static void put(const Tensor& x, int64_t i, float value) {
    encode_row(x.dtype(), &value, x.bytes() + i * row_bytes(x.dtype(), 1), 1);
  }
};

double distance(const Tensor& a, const Tensor& b) {
  double difference = 0, size = 0;
  for (int64_t i = 0; i < b.shape().elements(); ++i) {
    difference += std::pow(value_at(a, i) - value_at(b, i), 2);
    size += std::pow(value_at(b, i), 2);
  }
  return std::sqrt(difference / size);
}

/// Inputs and gradients of one run; the same in every dtype up to rounding.
struct Results {
  std::vector<Tensor> all;
  std::vector<std::string> names;

  void keep(std::string name, const Tensor& x) {
    ASSERT_NE(x.bytes(), nullptr) << name;
    Tensor copy = Tensor::owned(x.dtype(), x.shape());
    std::memcpy(copy.bytes(), x.bytes(), x.view().bytes());
    all.push_back(copy);
    names.push_back(std::move(name));
  }
  void expect_near(const Results& exact, double tolerance, const std::string& where) const {
    ASSERT_EQ(all.size(), exact.all.size());
    for (size_t i = 0; i < all.size(); ++i)
      EXPECT_LT(distance(all[i], exact.all[i]), tolerance) << where << ": " << names[i];
  }
  void expect_same_bits(const Results& other, const std::string& where) const {
    for (size_t i = 0; i < all.size(); ++i)
      EXPECT_EQ(std::memcmp(all[i].bytes(), other.all[i].bytes(), all[i].view().bytes()), 0)
          << where << ": " << names[i];
  }
};

DType real(DType weights) {
  return weights == DType::f64 ? DType::f64 : DType::f32;
}

struct LinearShape {
  int64_t m, in, first_out, second_out;
};

/// Two layers that share x, one with a bias; x is used again, so that its sink is written once and added to
/// once. A third layer's output is not used.
Results linear_results(TapeMachine& machine, DType dtype, const LinearShape& s) {
  const Matrix a(dtype, s.first_out, s.in, 1), b(dtype, s.second_out, s.in, 2), unused(dtype, 3, s.in, 3);
  const Tensor bias = random_real(real(dtype), {s.second_out}, 4),
               db = Tensor::owned(real(dtype), {s.second_out}), x = random_real(real(dtype), {s.m, s.in}, 5);
  const Linear first = a.layer(nullptr), second = b.layer(&bias), third = unused.layer(nullptr);
  machine.tape.watch(a.weight.bytes(), a.gradient);
  machine.tape.watch(b.weight.bytes(), b.gradient);
  machine.tape.watch(unused.weight.bytes(), unused.gradient);
  machine.tape.watch(bias.bytes(), db);
  const Linear* layers[] = {&first, &second, &third};
  Tensor y[3];
  linear(machine.ctx, x, layers, y);
  const Tensor z = linear(machine.ctx, x, first);
  put_probe(machine.tape, y[0], 1);
  put_probe(machine.tape, y[1], 2);
  put_probe(machine.tape, z, 3);
  machine.tape.backward(machine.ctx);
  Results results;
  results.keep("y0", y[0]);
  results.keep("y1", y[1]);
  results.keep("dx", machine.tape.gradient(x));
  results.keep("dW0", a.gradient);
  results.keep("dW1", b.gradient);
  results.keep("db", db);
  for (int64_t i = 0; i < unused.gradient.shape().elements(); ++i) EXPECT_EQ(value_at(unused.gradient, i), 0);
  return results;
}

TEST(BackwardLevels, LinearStaysNearF64AndDoesNotDependOnThreads) {
  for (const LinearShape& s : {LinearShape{1, 1, 1, 2}, LinearShape{7, 33, 5, 18},
                               LinearShape{70, 48, 130, 3}, LinearShape{300, 64, 96, 140}}) {
    TapeMachine exact_machine;
    const Results exact = linear_results(exact_machine, DType::f64, s);
    for (kernels::Isa isa : kernels::supported_isas()) {
      for (auto [dtype, tolerance] : {std::pair(DType::f32, 1e-5), std::pair(DType::bf16, 0.01)}) {
        TapeMachine one(1, isa), three(3, isa);
        const Results results = linear_results(one, dtype, s);
        const std::string where = std::string(kernels::name(isa)) + " " + std::string(name(dtype)) + " of " +
                                  std::to_string(s.m) + " rows";
        results.expect_near(exact, tolerance, where);
        results.expect_same_bits(linear_results(three, dtype, s), where);
      }
    }
  }
}

/// Queries, keys and values are used twice: gradients are written, then added.
Results attention_results(TapeMachine& machine, DType dtype, std::span<const DocumentRows> documents) {
  constexpr int kKvHeads = 2, kGroup = 2, kHeadDim = 32;
  const int64_t rows = documents.back().first_row + documents.back().n_tokens;
  const auto keys = [&](uint64_t seed) {
    const Tensor x = random_real(dtype, {rows, kKvHeads * kHeadDim}, seed);
    for (int64_t i = 0; i < x.shape().elements(); ++i)  // so that all dtypes see the cache's values
      set_value(x, i, static_cast<double>(to_f32(to_bf16(static_cast<float>(value_at(x, i))))));
    return x;
  };
  const Tensor q = random_real(dtype, {rows, kKvHeads * kGroup * kHeadDim}, 1), k = keys(2), v = keys(3);
  const Tensor y = causal_attention(machine.ctx, q, k, v, kHeadDim, documents);
  const Tensor z = causal_attention(machine.ctx, add(machine.ctx, q, y), k, v, kHeadDim, documents);
  put_probe(machine.tape, z, 1);
  machine.tape.backward(machine.ctx);
  Results results;
  results.keep("y", y);
  results.keep("z", z);
  results.keep("dq", machine.tape.gradient(q));
  results.keep("dk", machine.tape.gradient(k));
  results.keep("dv", machine.tape.gradient(v));
  return results;
}

TEST(BackwardLevels, AttentionStaysNearF64AndDoesNotDependOnThreads) {
  const DocumentRows documents[] = {{0, 70}, {70, 1}, {71, 0}, {71, 600}, {671, 33}};
  TapeMachine exact_machine;
  const Results exact = attention_results(exact_machine, DType::f64, documents);
  for (kernels::Isa isa : kernels::supported_isas()) {
    TapeMachine one(1, isa), three(3, isa);
    const Results results = attention_results(one, DType::f32, documents);
    // BF16 pairs round all operands of attention.
    const double tolerance = isa == kernels::Isa::avx512_vnni_bf16 ? 0.01 : 1e-5;
    results.expect_near(exact, tolerance, std::string(kernels::name(isa)));
    results.expect_same_bits(attention_results(three, DType::f32, documents),
                             std::string(kernels::name(isa)));
  }
}

/// Norm, SwiGLU and addition over enough rows that threads share them.
Results row_results(TapeMachine& machine, DType dtype) {
  const Tensor x = random_real(dtype, {333, 130}, 1), w = random_real(dtype, {130}, 2),
               dw = Tensor::owned(dtype, {130});
  machine.tape.watch(w.bytes(), dw);
  const Tensor normed = rms_norm(machine.ctx, x, w, 1e-5);
  const Tensor y = swiglu(machine.ctx, normed, add(machine.ctx, x, normed));
  put_probe(machine.tape, y, 1);
  machine.tape.backward(machine.ctx);
  Results results;
  results.keep("y", y);
  results.keep("dx", machine.tape.gradient(x));
  results.keep("dw", dw);
  return results;
}

TEST(BackwardLevels, RowOpsStayNearF64AndDoNotDependOnThreads) {
  TapeMachine exact_machine;
  const Results exact = row_results(exact_machine, DType::f64);
  for (kernels::Isa isa : kernels::supported_isas()) {
    TapeMachine one(1, isa), three(3, isa);
    const Results results = row_results(one, DType::f32);
    results.expect_near(exact, 2e-6, std::string(kernels::name(isa)));
    results.expect_same_bits(row_results(three, DType::f32), std::string(kernels::name(isa)));
  }
}

}  // namespace
}  // namespace retort
