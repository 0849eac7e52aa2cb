// Attention on one core: decoding against the memory's bandwidth (bytes of keys and values counted once) and
// a prompt against the BF16 peak, for the head shapes of the R1 distills. RETORT_ISA chooses the level.
#include "retort/kernels/attention.h"

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "retort/base/random.h"
#include "retort/kernels/peaks.h"

namespace retort::kernels {
namespace {

struct Heads {
  const char* of;
  int kv_heads, group, head_dim;
};
constexpr int64_t kBeyondCaches = int64_t{192} << 20;

constexpr Heads kHeads[] = {{"qwen-1.5b", 2, 6, 128},
                            {"qwen-7b", 4, 7, 128},
                            {"llama-8b", 8, 4, 128},
                            {"multi-head", 12, 1, 128},
                            {"small", 2, 7, 64}};

/// Layers of one context whose keys and values are `total_bytes` together.
struct Bench {
  const AttentionKernels& kernels = attention_kernels(choose_isa());
  Heads heads;
  KvLayout layout;
  int64_t context, pages, layers;
  std::vector<std::byte> memory, scratch;
  std::vector<int32_t> page_table;
  std::vector<float> q, y, out, max, sum;

  Bench(KvDType dtype, Heads h, int64_t positions, int64_t total_bytes)
      : heads(h), layout{dtype, h.kv_heads, h.head_dim}, context(positions), pages((positions + 31) / 32) {
    const auto page_bytes = static_cast<int64_t>(layout.page_bytes());
    layers = std::max<int64_t>(1, total_bytes / (pages * page_bytes));
    memory.resize(static_cast<size_t>(layers * pages * page_bytes + 64));
    for (int64_t i = 0; i < pages; ++i) page_table.push_back(static_cast<int32_t>(i));
    Random random(1);
    std::vector<float> row(static_cast<size_t>(h.kv_heads * h.head_dim));
    for (float& x : row) x = random.normal();
    for (int64_t t = 0; t < kPageTokens; ++t) kernels.store(row.data(), row.data(), view(0), t);
    for (int64_t i = 1; i < layers * pages; ++i)
      std::memcpy(view(0).base + i * page_bytes, view(0).base, static_cast<size_t>(page_bytes));
    const int rows = kMaxTileTokens * h.group;
    q.assign(static_cast<size_t>(kMaxTileTokens * h.kv_heads * h.group * h.head_dim), 0.25f);
    y = q;
    const auto segments = static_cast<size_t>((context + kSegment - 1) / kSegment);
    out.resize(segments * static_cast<size_t>(rows * h.head_dim));
    max.resize(segments * static_cast<size_t>(rows));
    sum.resize(segments * static_cast<size_t>(rows));
    scratch.resize(kernels.scratch_bytes(layout, rows) + 64);
  }
  static std::byte* aligned(std::vector<std::byte>& bytes) {
    return bytes.data() + (64 - reinterpret_cast<uintptr_t>(bytes.data()) % 64) % 64;
  }
  KvView view(int64_t layer) {
    const auto layer_bytes = static_cast<int64_t>(layout.page_bytes()) * pages;
    return {layout, aligned(memory) + layer * layer_bytes, layout.page_bytes(), page_table.data()};
  }
  /// n tokens from `position` on with all heads.
  void attend(int64_t layer, int64_t position, int n) {
    const int rows = n * heads.group, width = heads.kv_heads * heads.group * heads.head_dim;
    const auto segments = static_cast<int>((position + n - 1) / kSegment + 1);
    const KvView kv = view(layer);
    for (int head = 0; head < heads.kv_heads; ++head) {
      for (int s = 0; s < segments; ++s)
        kernels.attend({q.data() + head * heads.group * heads.head_dim, width, n, heads.group, head, position,
                        s, 1.0f / std::sqrt(static_cast<float>(heads.head_dim)),
                        out.data() + int64_t{s} * rows * heads.head_dim, max.data() + int64_t{s} * rows,
                        sum.data() + int64_t{s} * rows},
                       kv, aligned(scratch));
      for (int r = 0; r < rows; ++r)
        kernels.merge(out.data() + int64_t{r} * heads.head_dim, int64_t{rows} * heads.head_dim,
                      max.data() + r, sum.data() + r, rows, segments, heads.head_dim,
                      y.data() + int64_t{r} * heads.head_dim + int64_t{head} * rows * heads.head_dim);
    }
  }
};

double arithmetic_peak() {
  static const double peak = bf16_flops(choose_isa(), 0.3).value_or(fma_flops(choose_isa(), 0.3));
  return peak;
}

/// `bytes` of all layers: many more than the caches hold, or 0 for one layer, which stays in them and so
/// shows what the arithmetic alone takes.
void decode(benchmark::State& state, KvDType dtype, Heads heads, int64_t total_bytes) {
  Bench bench(dtype, heads, state.range(0), total_bytes);
  int64_t layer = 0;
  for (auto _ : state) {
    bench.attend(layer, bench.context - 1, 1);
    layer = (layer + 1) % bench.layers;
  }
  const double bandwidth = read_bytes_per_second(choose_isa(), bench.memory, 0.2);
  const double bytes = static_cast<double>(state.iterations()) * static_cast<double>(bench.pages) *
                       static_cast<double>(bench.layout.page_bytes());
  state.counters["GB/s"] = benchmark::Counter(bytes * 1e-9, benchmark::Counter::kIsRate);
  state.counters["read_GB/s"] = bandwidth * 1e-9;
  state.counters["of_memory"] = benchmark::Counter(bytes / bandwidth, benchmark::Counter::kIsRate);
}

/// A prompt from position 0 on, in tiles.
void prefill(benchmark::State& state, KvDType dtype, Heads heads) {
  Bench bench(dtype, heads, state.range(0), 0);
  for (auto _ : state)
    for (int64_t t = 0; t < bench.context; t += kMaxTileTokens) bench.attend(0, t, kMaxTileTokens);
  const auto n = static_cast<double>(bench.context);
  const double flops = static_cast<double>(state.iterations()) * n * (n + 1) / 2 * 4 * heads.head_dim *
                       heads.kv_heads * heads.group;
  state.counters["GFLOP/s"] = benchmark::Counter(flops * 1e-9, benchmark::Counter::kIsRate);
  state.counters["of_peak"] = benchmark::Counter(flops / arithmetic_peak(), benchmark::Counter::kIsRate);
}

void store(benchmark::State& state, KvDType dtype, Heads heads) {
  Bench bench(dtype, heads, 512, 0);
  int64_t position = 0;
  for (auto _ : state) {
    bench.kernels.store(bench.q.data(), bench.q.data(), bench.view(0), position);
    position = (position + 1) % 512;
  }
}

[[maybe_unused]] const bool kRegistered = [] {
  for (const auto& [dtype, type, bytes, scaled] : kKvDTypes)
    for (const Heads& heads : kHeads) {
      const std::string what = std::string(type) + "/" + heads.of;
      benchmark::RegisterBenchmark(("attention/decode/" + what).c_str(), decode, dtype, heads, kBeyondCaches)
          ->ArgName("context")
          ->Arg(4096)
          ->Arg(32768)
          ->UseRealTime();
      benchmark::RegisterBenchmark(("attention/decode_cached/" + what).c_str(), decode, dtype, heads, 0)
          ->ArgName("context")
          ->Arg(256)
          ->UseRealTime();
      benchmark::RegisterBenchmark(("attention/prefill/" + what).c_str(), prefill, dtype, heads)
          ->ArgName("tokens")
          ->Arg(512)
          ->UseRealTime();
      benchmark::RegisterBenchmark(("attention/store/" + what).c_str(), store, dtype, heads)->UseRealTime();
    }
  return true;
}();

}  // namespace
}  // namespace retort::kernels
