// For tests: the gradients that a tape finds, against finite differences in f64.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "retort/base/random.h"
#include "retort/ops/context.h"
#include "retort/ops/tape.h"

namespace retort {

/// A context of its own with a tape.
struct TapeMachine {
  explicit TapeMachine(int threads = 2, kernels::Isa isa = kernels::choose_isa())
      : pool(threads), table(kernels::kernel_table(isa)), ctx{pool, arena, table, &tape} {}
  ThreadPool pool;
  Arena arena;
  kernels::KernelTable table;
  Tape tape;
  Context ctx;
};

inline double value_at(const Tensor& x, int64_t i) {
  return x.dtype() == DType::f64 ? x.as<double>()[i] : static_cast<double>(x.f32()[i]);
}
inline void set_value(const Tensor& x, int64_t i, double value) {
  if (x.dtype() == DType::f64)
    x.as<double>()[i] = value;
  else
    x.f32()[i] = static_cast<float>(value);
}

/// Normal values; the same ones in f32 and f64, up to rounding.
inline Tensor random_real(DType dtype, Shape shape, uint64_t seed, double scale = 1.0) {
  Random random(seed);
  Tensor x = Tensor::owned(dtype, shape);
  for (int64_t i = 0; i < shape.elements(); ++i)
    set_value(x, i, scale * static_cast<double>(random.normal()));
  return x;
}

/// y as the loss sum_i c_i y_i sees it, with weights c_i of either sign that depend on `seed`.
inline double probe(const Tensor& y, uint64_t seed) {
  double sum = 0;
  for (int64_t i = 0; i < y.shape().elements(); ++i)
    sum += (2 * random_uniform(seed, static_cast<uint64_t>(i)) - 1) * value_at(y, i);
  return sum;
}
/// Puts that loss's gradient into y's sink.
inline void put_probe(Tape& tape, const Tensor& y, uint64_t seed) {
  const Tape::Sink sink = tape.sink(y);
  for (int64_t i = 0; i < y.shape().elements(); ++i)
    set_value(sink.gradient, i,
              (sink.empty ? 0.0 : value_at(sink.gradient, i)) +
                  2 * random_uniform(seed, static_cast<uint64_t>(i)) - 1);
}

/// Central differences of fourth order: with steps of 1e-3 their error is some 1e-11 of smooth functions.
template <typename F>
double derivative(F f) {
  constexpr double h = 1e-3;
  return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
}

class GradientCheck {
 public:
  /// Computes outputs from the inputs given below; called again and again with and without a tape.
  using Function = std::function<std::vector<Tensor>(Context&)>;

  /// An f64 tensor whose gradient the tape gathers as an activation's.
  void activation(std::string name, const Tensor& x) { inputs_.push_back({std::move(name), x, {}}); }
  /// One whose gradient is asked for with `watch`.
  void parameter(std::string name, const Tensor& x) {
    inputs_.push_back({std::move(name), x, Tensor::owned(x.dtype(), x.shape())});
  }

  /// Expects every derivative within `tolerance`, relative to the derivatives of its tensor.
  void expect(const Function& f, double tolerance = 1e-6) {
    TapeMachine machine;
    for (const Input& input : inputs_)
      if (input.gradient.bytes()) machine.tape.watch(input.x.bytes(), input.gradient);
    const std::vector<Tensor> outputs = f(machine.ctx);
    for (size_t i = 0; i < outputs.size(); ++i) put_probe(machine.tape, outputs[i], i);
    machine.tape.backward(machine.ctx);
    for (const Input& input : inputs_) {
      const Tensor found = input.gradient.bytes() ? input.gradient : machine.tape.gradient(input.x);
      ASSERT_NE(found.bytes(), nullptr) << input.name;
      expect_one(input, found, f, tolerance);
    }
  }

 private:
  struct Input {
    std::string name;
    Tensor x, gradient;
  };

  static double loss(const Function& f) {
    TapeMachine machine(1);
    machine.ctx.tape = nullptr;
    const std::vector<Tensor> outputs = f(machine.ctx);
    double sum = 0;
    for (size_t i = 0; i < outputs.size(); ++i) sum += probe(outputs[i], i);
    return sum;
  }

  static void expect_one(const Input& input, const Tensor& found, const Function& f, double tolerance) {
    const int64_t n = input.x.shape().elements();
    std::vector<double> right(static_cast<size_t>(n));
    double squares = 0;
    for (int64_t i = 0; i < n; ++i) {
      const double x = value_at(input.x, i);
      right[static_cast<size_t>(i)] = derivative([&](double step) {
        set_value(input.x, i, x + step);
        return loss(f);
      });
      set_value(input.x, i, x);
      squares += right[static_cast<size_t>(i)] * right[static_cast<size_t>(i)];
    }
    const double typical = std::sqrt(squares / static_cast<double>(n));
    ASSERT_GT(typical, 0) << input.name << ": the loss does not depend on it";
    for (int64_t i = 0; i < n; ++i) {
      const double exact = right[static_cast<size_t>(i)];
      ASSERT_NEAR(value_at(found, i), exact, tolerance * (std::abs(exact) + typical))
          << input.name << " element " << i;
    }
  }

  std::vector<Input> inputs_;
};

}  // namespace retort
