// Float products on one core: GB/s of weights, GFLOP/s and the share of the machine's own peak, by format,
// number of columns and shape. RETORT_ISA chooses the level.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "retort/base/random.h"
#include "retort/kernels/float_products.h"
#include "retort/kernels/peaks.h"
#include "retort/tensor/codec.h"

namespace retort::kernels {
namespace {

struct Shape {
  int64_t n, k;  // rows and columns of W
};

/// Enough matrices of one shape that a pass over all of them comes from memory, or one if they should stay in
/// the caches.
struct Operands {
  const FloatFormat& format;
  Shape shape;
  int64_t m, row_bytes;
  std::vector<std::byte> weights, activations;
  std::vector<float> out;
  int64_t matrices;

  Operands(DType dtype, Shape s, int64_t columns, int64_t total_bytes)
      : format(float_products(choose_isa()).formats[static_cast<int>(dtype)]),
        shape(s),
        m(columns),
        row_bytes(retort::row_bytes(dtype, s.k)),
        out(static_cast<size_t>(columns * s.n)),
        matrices(std::max<int64_t>(1, total_bytes / (s.n * row_bytes))) {
    Random random(1);
    std::vector<float> row(static_cast<size_t>(s.k));
    for (float& x : row) x = random.normal();
    weights.resize(static_cast<size_t>(matrices * s.n * row_bytes));
    encode_row(dtype, row.data(), weights.data(), s.k);
    for (size_t r = 1; r < static_cast<size_t>(matrices * s.n); ++r)
      std::copy_n(weights.data(), row_bytes, weights.data() + r * static_cast<size_t>(row_bytes));
    activations.resize(format.activation_bytes(s.k) * static_cast<size_t>(m) + 64);
    for (int64_t i = 0; i < m; ++i) format.prepare(row.data(), s.k, nullptr, x(i));
  }
  std::byte* x(int64_t i) {
    std::byte* base = activations.data() + (64 - reinterpret_cast<uintptr_t>(activations.data()) % 64) % 64;
    return base + static_cast<size_t>(i) * format.activation_bytes(shape.k);
  }
  void multiply(int64_t matrix) {
    format.multiply(weights.data() + matrix * shape.n * row_bytes, row_bytes, shape.n, shape.k, x(0), m,
                    nullptr, out.data(), shape.n);
  }
};

double arithmetic_peak(DType dtype) {
  static const double fma = fma_flops(choose_isa(), 0.2);
  static const double bf16 = bf16_flops(choose_isa(), 0.2).value_or(fma);
  return dtype == DType::f32 || dtype == DType::f16 ? fma : bf16;
}
/// Weights from memory: a step of decoding with m sequences.
void decode(benchmark::State& state, DType dtype, Shape shape) {
  Operands operands(dtype, shape, state.range(0), int64_t{192} << 20);
  int64_t matrix = 0;
  for (auto _ : state) {
    operands.multiply(matrix);
    matrix = (matrix + 1) % operands.matrices;
  }
  // The memory's speed changes within a minute on shared machines: measured beside, on the same bytes.
  const double bandwidth = read_bytes_per_second(choose_isa(), operands.weights, 0.1);
  const auto calls = static_cast<double>(state.iterations());
  const double bytes = calls * static_cast<double>(shape.n * operands.row_bytes);
  const double flops = calls * 2.0 * static_cast<double>(shape.n * shape.k * operands.m);
  state.counters["GB/s"] = benchmark::Counter(bytes * 1e-9, benchmark::Counter::kIsRate);
  state.counters["read_GB/s"] = bandwidth * 1e-9;
  state.counters["of_memory"] = benchmark::Counter(bytes / bandwidth, benchmark::Counter::kIsRate);
  state.counters["of_peak"] = benchmark::Counter(flops / arithmetic_peak(dtype), benchmark::Counter::kIsRate);
}

/// Many columns: a prompt.
void prefill(benchmark::State& state, DType dtype, Shape shape) {
  Operands operands(dtype, shape, state.range(0), 0);
  for (auto _ : state) operands.multiply(0);
  const double flops =
      static_cast<double>(state.iterations()) * 2.0 * static_cast<double>(shape.n * shape.k * operands.m);
  state.counters["GFLOP/s"] = benchmark::Counter(flops * 1e-9, benchmark::Counter::kIsRate);
  state.counters["of_peak"] = benchmark::Counter(flops / arithmetic_peak(dtype), benchmark::Counter::kIsRate);
}

/// Rounding of one row of activations.
void prepare(benchmark::State& state, DType dtype, Shape shape) {
  Operands operands(dtype, {1, shape.k}, 1, 0);
  const std::vector<float> x(static_cast<size_t>(shape.k), 0.5f),
      scale(static_cast<size_t>(shape.k / 128 + 1), 2.0f);
  for (auto _ : state) operands.format.prepare(x.data(), shape.k, scale.data(), operands.x(0));
  state.counters["Gelement/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(shape.k) * 1e-9,
                         benchmark::Counter::kIsRate);
}

std::string label(const char* what, DType dtype, Shape shape) {
  return std::string(what) + "/" + std::string(name(dtype)) + "/n:" + std::to_string(shape.n) +
         "/k:" + std::to_string(shape.k);
}

/// Shapes of DeepSeek-R1-Distill-Qwen-1.5B: attention output, feed-forward up and down.
constexpr Shape kShapes[] = {{1536, 1536}, {8960, 1536}, {1536, 8960}};

[[maybe_unused]] const bool kRegistered = [] {
  for (DType dtype : {DType::bf16, DType::f8_e4m3, DType::f16, DType::f32}) {
    for (Shape shape : kShapes) {
      auto* bench = benchmark::RegisterBenchmark(label("decode", dtype, shape).c_str(), decode, dtype, shape);
      for (int64_t m : {1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 32}) bench->ArgName("m")->Arg(m);
      bench->UseRealTime();
    }
    for (Shape shape : kShapes)
      benchmark::RegisterBenchmark(label("prefill", dtype, shape).c_str(), prefill, dtype, shape)
          ->ArgName("m")
          ->Arg(16)->Arg(32)->Arg(128)
          ->Arg(512)
          ->UseRealTime();
    benchmark::RegisterBenchmark(label("prepare", dtype, {1, 8960}).c_str(), prepare, dtype, Shape{1, 8960})
        ->UseRealTime();
  }
  return true;
}();

}  // namespace
}  // namespace retort::kernels
