// Speed of the integer products on one thread, beside two roofs measured in the same run: `peak`, the share
// of the rate at which registers alone multiply bytes, and `bandwidth`, the share of a plain read of memory.
//   kernels_bench --benchmark_filter='prompt|batch|decode|pack|quantize'
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "retort/base/arena.h"
#include "retort/base/random.h"
#include "retort/kernels/integer_products.h"
#include "retort/kernels/target.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace retort::kernels {
namespace {

constexpr DType kIntegerFormats[] = {DType::q8_0, DType::q4_0, DType::q4_k, DType::q5_k, DType::q6_k};

template <typename Work>
double seconds(Work&& work) {
  auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// ---- roofs -------------------------------------------------------------------------------------

#if defined(__x86_64__)
RETORT_TARGET_BEGIN(RETORT_TARGET_AVX512_VNNI_BF16)
template <size_t... j>
__attribute__((always_inline)) inline void dot_each(__m512i (&sum)[16], __m512i w, __m512i y,
                                                    std::index_sequence<j...>) {
  ((sum[j] = _mm512_dpbusd_epi32(sum[j], w, y)), ...);
}

/// 16 independent chains of vpdpbusd: operations done, a multiplication and an addition being two.
double register_loop() {
  constexpr int kRounds = 1000000;
  __m512i sum[16], w = _mm512_set1_epi8(3), y = _mm512_set1_epi8(5);
  for (int j = 0; j < 16; ++j) sum[j] = _mm512_set1_epi32(j);  // equal chains might be computed once
  for (int i = 0; i < kRounds; ++i) {
    dot_each(sum, w, y, std::make_index_sequence<16>());
    __asm__ volatile("" : "+v"(w), "+v"(y));
  }
  __m512i all = sum[0];
  for (int j = 1; j < 16; ++j) all = _mm512_xor_si512(all, sum[j]);
  benchmark::DoNotOptimize(_mm512_reduce_add_epi32(all));
  return 2.0 * 64 * 16 * kRounds;
}

/// Reads `bytes` (whole 256 are counted), asking for those `ahead` further on.
uint64_t read_all(const std::byte* memory, int64_t bytes, int64_t ahead) {
  __m512i sum[4] = {};
  for (int64_t i = 0; i + 256 <= bytes; i += 256) {
    for (int j = 0; j < 4; ++j) {
      if (ahead > 0) __builtin_prefetch(memory + i + 64 * j + ahead, 0, 2);
      sum[j] = _mm512_xor_si512(sum[j], _mm512_loadu_si512(memory + i + 64 * j));
    }
  }
  __m512i all = _mm512_xor_si512(_mm512_xor_si512(sum[0], sum[1]), _mm512_xor_si512(sum[2], sum[3]));
  return static_cast<uint64_t>(_mm512_reduce_add_epi64(all));
}
RETORT_TARGET_END
#else
double register_loop() {
  return 0;
}
uint64_t read_all(const std::byte* memory, int64_t bytes, int64_t) {
  uint64_t sum = 0;
  for (int64_t i = 0; i < bytes; ++i) sum += static_cast<uint64_t>(memory[i]);
  return sum;
}
#endif

/// Operations per second of registers alone; 0 without VNNI. Best of several.
double peak() {
  static const double rate = [] {
    if (supported_isas().back() != Isa::avx512_vnni_bf16) return 0.0;
    double best = 0;
    for (int i = 0; i < 5; ++i) {
      double operations = 0;
      double time = seconds([&] { operations = register_loop(); });
      best = std::max(best, operations / time);
    }
    return best;
  }();
  return rate;
}

/// Bytes per second of a plain read of the same memory: the best of several, over distances of prefetching.
double bandwidth(const std::byte* memory, int64_t bytes) {
  double best = 0;
  for (int64_t ahead : {0, 4096, 6144, 8192, 0, 4096, 6144, 8192}) {
    double time = seconds([&] { benchmark::DoNotOptimize(read_all(memory, bytes, ahead)); });
    best = std::max(best, static_cast<double>(bytes) / time);
  }
  return best;
}

// ---- products ----------------------------------------------------------------------------------

/// A product of m rows with [n_rows, k] weights: one random panel, repeated.
struct Product {
  Arena arena;
  const IntegerFormat& format;
  int64_t n_rows, k, bytes;
  std::byte *panels, *scratch;
  Q8Activations x;
  std::vector<float> out;

  Product(Isa isa, DType dtype, int64_t m, int64_t rows, int64_t columns)
      : format(integer_products(isa).formats[static_cast<int>(dtype)]),
        n_rows(rows),
        k(columns),
        bytes(n_rows * row_bytes(dtype, k)),
        panels(arena.allocate(static_cast<size_t>(bytes))),
        scratch(arena.allocate(format.scratch_bytes(k))),
        x(q8_activations_in(arena.allocate(q8_activation_bytes(m, k)), m, k)),
        out(static_cast<size_t>(m * n_rows)) {
    Random random(1);
    const int64_t panel = kPanelRows * row_bytes(dtype, k);
    for (int64_t i = 0; i < panel; ++i) panels[i] = static_cast<std::byte>(random.below(0x70));
    for (int64_t at = panel; at < bytes; at += panel)
      std::memcpy(panels + at, panels, static_cast<size_t>(panel));
    std::vector<float> values(static_cast<size_t>(m * k));
    for (auto& v : values) v = random.uniform(-1.0f, 1.0f);
    integer_products(isa).quantize(values.data(), k, 0, m, x);
  }

  void run() {
    format.multiply(panels, n_rows, x, out.data(), n_rows, scratch);
    benchmark::ClobberMemory();
  }
};

void multiply(benchmark::State& state, Isa isa, DType dtype, int64_t m, int64_t n_rows, int64_t k) {
  Product product(isa, dtype, m, n_rows, k);
  product.run();
  const bool streams = product.bytes > int64_t{256} << 20 && peak() > 0;
  double roof = streams ? bandwidth(product.panels, product.bytes) : 0;
  double best = 1e9;
  for (auto _ : state) {
    double time = seconds([&] { product.run(); });
    best = std::min(best, time);
    state.SetIterationTime(time);
  }
  const double operations = 2.0 * static_cast<double>(m) * static_cast<double>(n_rows * k);
  state.counters["GOPS"] = operations / best * 1e-9;
  if (peak() > 0) state.counters["peak"] = operations / best / peak();
  state.counters["GB/s"] = static_cast<double>(product.bytes) / best * 1e-9;
  if (streams) {
    roof = std::max(roof, bandwidth(product.panels, product.bytes));
    state.counters["roof GB/s"] = roof * 1e-9;
    state.counters["bandwidth"] = static_cast<double>(product.bytes) / best / roof;
  }
}

void pack(benchmark::State& state, Isa isa, DType dtype) {
  const int64_t k = 4096, n_rows = 16384, row = row_bytes(dtype, k);
  std::vector<std::byte> rows(static_cast<size_t>(n_rows * row), std::byte{7}), panels(rows.size());
  const auto& format = integer_products(isa).formats[static_cast<int>(dtype)];
  for (auto _ : state)
    for (int64_t r = 0; r < n_rows; r += kPanelRows)
      format.pack(&rows[static_cast<size_t>(r * row)], row, kPanelRows, k,
                  &panels[static_cast<size_t>(r * row)]);
  state.SetBytesProcessed(state.iterations() * n_rows * row);
}

void quantize(benchmark::State& state, Isa isa) {
  const int64_t m = 512, k = 4096;
  Arena arena;
  std::vector<float> x(static_cast<size_t>(m * k), 1.5f);
  auto q8 = q8_activations_in(arena.allocate(q8_activation_bytes(m, k)), m, k);
  for (auto _ : state) integer_products(isa).quantize(x.data(), k, 0, m, q8);
  state.SetBytesProcessed(state.iterations() * m * k * 4);
}

/// Shapes of DeepSeek-R1-Distill-Qwen-1.5B for prompts; one of 300 to 570 MB for batches and decoding,
/// of which a third-level cache of 32 MB cannot keep a part that matters.
const bool kRegistered = [] {
  for (Isa isa : supported_isas()) {
    if (isa == Isa::scalar) continue;
    const std::string level = "/" + std::string(name(isa));
    for (DType dtype : kIntegerFormats) {
      const std::string tail = "/" + std::string(name(dtype)) + level;
      auto add = [&](const std::string& what, int64_t m, int64_t n_rows, int64_t k) {
        benchmark::RegisterBenchmark((what + tail).c_str(), multiply, isa, dtype, m, n_rows, k)
            ->UseManualTime()
            ->Unit(benchmark::kMillisecond);
      };
      add("prompt_1536x1536", 512, 1536, 1536);
      add("prompt_8960x1536", 512, 8960, 1536);
      add("prompt_1536x8960", 512, 1536, 8960);
      add("cached_1", 1, 256, 4096);
      for (int64_t m : {1, 2, 4, 8, 16})
        add((m == 1 ? "decode_" : "batch_") + std::to_string(m), m, 131072, 4096);
      benchmark::RegisterBenchmark(("pack" + tail).c_str(), pack, isa, dtype)->Unit(benchmark::kMillisecond);
    }
    benchmark::RegisterBenchmark(("quantize" + level).c_str(), quantize, isa)->Unit(benchmark::kMillisecond);
  }
  return true;
}();

}  // namespace
}  // namespace retort::kernels
