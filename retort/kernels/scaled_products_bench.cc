// Products of weights with scales beside them on one core: W8A8, 4-bit groups of 32 and of 128, FP8 in
// blocks. GB/s of weights and scales, GFLOP/s, and the shares of the machine's own peaks: of its memory for
// the few rows of activations of decoding, of its arithmetic for many. RETORT_ISA chooses the level.
#include <benchmark/benchmark.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "retort/base/random.h"
#include "retort/kernels/group_products.h"
#include "retort/kernels/int8_products.h"
#include "retort/kernels/peaks.h"

namespace retort::kernels {
namespace {

struct Shape {
  int64_t n, k;  // rows and columns of W
};

/// Matrices of one shape, enough for a pass over them to come from memory, and their product with m rows.
struct Operands {
  std::vector<std::byte> weights;
  int64_t matrices = 1, matrix_bytes = 0, scale_bytes = 0;  // of one matrix
  std::vector<float> out;
  std::function<void(const std::byte* matrix)> multiply;

  void fill(int64_t bytes, int64_t total) {
    matrix_bytes = bytes;
    matrices = std::max<int64_t>(1, total / bytes);
    weights.resize(static_cast<size_t>(matrices * bytes));
    Random random(1);
    for (auto& byte : weights) byte = static_cast<std::byte>(random.below(126));  // no NaN of E4M3
  }
};

std::vector<float> random_rows(int64_t n) {
  Random random(2);
  std::vector<float> x(static_cast<size_t>(n));
  for (auto& value : x) value = random.normal();
  return x;
}

std::byte* aligned(std::vector<std::byte>& buffer) {
  return buffer.data() + (64 - reinterpret_cast<uintptr_t>(buffer.data()) % 64) % 64;
}

template <class Products>
std::shared_ptr<std::vector<std::byte>> prepared(const Products& products, int64_t m, int64_t k) {
  const size_t stride = products.activation_bytes(k);
  auto rows = std::make_shared<std::vector<std::byte>>(stride * static_cast<size_t>(m) + 64);
  const auto x = random_rows(k);
  for (int64_t i = 0; i < m; ++i)
    products.prepare(x.data(), k, aligned(*rows) + static_cast<size_t>(i) * stride);
  return rows;
}

enum class Kind { int8, int4_32, int4_128, f8_blocks };

std::unique_ptr<Operands> operands(Kind kind, Shape s, int64_t m, int64_t total) {
  const Isa isa = choose_isa();
  auto o = std::make_unique<Operands>();
  o->out.resize(static_cast<size_t>(m * s.n));
  if (kind == Kind::int8) {
    o->fill(s.n * int8_panel_row_bytes(s.k), total);
    o->scale_bytes = s.n * 4;
    auto buffer = std::make_shared<std::vector<std::byte>>(int8_activation_bytes(m, s.k) + 64);
    const Int8Activations x = int8_activations_in(aligned(*buffer), m, s.k);
    int8_quantize(random_rows(m * s.k).data(), s.k, 0, m, x);
    o->multiply = [=, out = o->out.data(), scale = random_rows(s.n)](const std::byte* w) {
      static_cast<void>(buffer);
      int8_multiply(isa)(w, s.n, scale.data(), x, out, s.n);
    };
  } else if (kind == Kind::f8_blocks) {
    o->fill(s.n * s.k, total);
    const auto& products = group_products(isa).f8_blocks;
    o->multiply = [=, &products, out = o->out.data(), x = prepared(products, m, s.k),
                   scale = random_rows(m * s.k / kF8Block)](const std::byte* w) {
      products.multiply(w, s.n, s.k, aligned(*x), m, scale.data(), out, s.n);
    };
  } else {
    const int group = kind == Kind::int4_32 ? 32 : 128;
    o->fill(s.n * s.k / 2, total);
    o->scale_bytes = s.n * int4_scale_stride(s.k, group) * 2;
    const auto& products = group_products(isa).int4;
    const std::vector<bf16> scale(static_cast<size_t>(o->scale_bytes / 2) + kInt4ScalePadding,
                                  to_bf16(0.01f));
    o->multiply = [=, &products, out = o->out.data(), x = prepared(products, m, s.k)](const std::byte* w) {
      products.multiply({w, scale.data(), group}, s.n, s.k, aligned(*x), m, out, s.n);
    };
  }
  return o;
}

/// Of the level's own instruction; absent at levels that have none for 8-bit integers.
std::optional<double> arithmetic_peak(Kind kind) {
  static const double fma = fma_flops(choose_isa(), 0.2);
  static const double bf16 = bf16_flops(choose_isa(), 0.2).value_or(fma);
  static const std::optional<double> int8 = int8_ops(choose_isa(), 0.2);
  return kind == Kind::int8 ? int8 : bf16;
}

void run(benchmark::State& state, Kind kind, Shape shape, int64_t total) {
  const int64_t m = state.range(0);
  const auto o = operands(kind, shape, m, total);
  int64_t matrix = 0;
  for (auto _ : state) {
    o->multiply(o->weights.data() + matrix * o->matrix_bytes);
    matrix = (matrix + 1) % o->matrices;
  }
  const auto calls = static_cast<double>(state.iterations());
  const double bytes = calls * static_cast<double>(o->matrix_bytes + o->scale_bytes);
  const double flops = calls * 2.0 * static_cast<double>(shape.n * shape.k * m);
  // The memory's speed changes within a minute on shared machines: measured beside, on the same bytes.
  if (total > 0) {
    const double bandwidth = read_bytes_per_second(choose_isa(), o->weights, 0.1);
    state.counters["GB/s"] = benchmark::Counter(bytes * 1e-9, benchmark::Counter::kIsRate);
    state.counters["of_memory"] = benchmark::Counter(bytes / bandwidth, benchmark::Counter::kIsRate);
  }
  state.counters["GFLOP/s"] = benchmark::Counter(flops * 1e-9, benchmark::Counter::kIsRate);
  if (const auto peak = arithmetic_peak(kind))
    state.counters["of_peak"] = benchmark::Counter(flops / *peak, benchmark::Counter::kIsRate);
}

[[maybe_unused]] const bool kRegistered = [] {
  constexpr std::pair<Kind, const char*> kKinds[] = {{Kind::int8, "int8"},
                                                     {Kind::int4_32, "int4_32"},
                                                     {Kind::int4_128, "int4_128"},
                                                     {Kind::f8_blocks, "f8_blocks"}};
  // gate_proj and down_proj of the 1.5B distill; rows of f8_blocks as they come, 128 at a time.
  for (const auto& [kind, name] : kKinds)
    for (const Shape shape : {Shape{8960, 1536}, Shape{1536, 8960}}) {
      const Shape s = kind == Kind::f8_blocks ? Shape{128, shape.k} : shape;
      const std::string what = std::string(name) + "/" + std::to_string(s.n) + "x" + std::to_string(s.k);
      benchmark::RegisterBenchmark(("scaled/decode/" + what).c_str(), run, kind, s, int64_t{192} << 20)
          ->ArgName("m")
          ->Arg(1)
          ->Arg(4)
          ->UseRealTime();
      benchmark::RegisterBenchmark(("scaled/prefill/" + what).c_str(), run, kind, s, int64_t{0})
          ->ArgName("m")
          ->Arg(64)
          ->Arg(512)
          ->UseRealTime();
    }
  return true;
}();

}  // namespace
}  // namespace retort::kernels
