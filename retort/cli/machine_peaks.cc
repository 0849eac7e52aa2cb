#include "retort/cli/machine_peaks.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "retort/base/topology.h"
#include "retort/kernels/peaks.h"

namespace retort::cli {
namespace {

constexpr int kSlices = 4;  // the best of them counts: what disturbs a machine seldom lasts for all

/// Runs a measurement on all threads at once, adds what they reached, and returns the best of some slices of
/// time.
double best_sum(ThreadPool& pool, double seconds, FunctionRef<double(int, double)> measure) {
  std::vector<double> reached(static_cast<size_t>(pool.size()));
  double best = 0;
  for (int slice = 0; slice < kSlices; ++slice) {
    pool.run([&](int thread) { reached[static_cast<size_t>(thread)] = measure(thread, seconds / kSlices); });
    best = std::max(best, std::accumulate(reached.begin(), reached.end(), 0.0));
  }
  return best;
}

/// Bytes for each thread to read: together twice all caches, which forget what was read before it comes round
/// again, at least 256 MiB, at most 512 MiB and a quarter of what is free. Not more: a virtual machine may
/// name its host's caches, of which it has a share, and memory that nobody has used yet is slow to get.
size_t bytes_per_thread(int threads) {
  uint64_t caches = 0;
  for (const CacheLevel& cache : read_topology().caches)
    caches = std::max(caches, cache.bytes * static_cast<uint64_t>(cache.instances));
  uint64_t wanted = std::clamp(2 * caches, uint64_t{256} << 20, uint64_t{512} << 20);
  uint64_t all = std::clamp(wanted, uint64_t{16} << 20,
                            std::max(uint64_t{16} << 20, read_memory_status().available / 4));
  return static_cast<size_t>(all / static_cast<uint64_t>(threads));
}

double measure_read(ThreadPool& pool, kernels::Isa isa, double seconds) {
  size_t bytes = bytes_per_thread(pool.size());
  std::vector<std::unique_ptr<std::byte[]>> buffers(static_cast<size_t>(pool.size()));
  for (auto& buffer : buffers) buffer.reset(new std::byte[bytes]);
  // Each thread writes its own part first, so that the pages exist and lie on its own NUMA node.
  pool.run([&](int thread) { std::memset(buffers[static_cast<size_t>(thread)].get(), 1, bytes); });
  return best_sum(pool, seconds, [&](int thread, double slice) {
    return kernels::read_bytes_per_second(isa, {buffers[static_cast<size_t>(thread)].get(), bytes}, slice);
  });
}

std::optional<double> best_of(const std::optional<double>& a, const std::optional<double>& b) {
  if (!a || !b) return a ? a : b;
  return std::max(*a, *b);
}

Json or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

}  // namespace

MachinePeaks MachinePeaks::best(const MachinePeaks& a, const MachinePeaks& b) {
  return {a.threads, std::max(a.fp32_flops, b.fp32_flops), best_of(a.bf16_flops, b.bf16_flops),
          best_of(a.int8_ops, b.int8_ops), std::max(a.read_bytes, b.read_bytes)};
}

MachinePeaks measure_arithmetic(ThreadPool& pool, kernels::Isa isa, double seconds) {
  MachinePeaks peaks{.threads = pool.size()};
  peaks.fp32_flops =
      best_sum(pool, seconds, [&](int, double slice) { return kernels::fma_flops(isa, slice); });
  // Whether a level has the instruction does not depend on the thread: ask once, briefly.
  if (kernels::bf16_flops(isa, 0.001))
    peaks.bf16_flops =
        best_sum(pool, seconds, [&](int, double slice) { return *kernels::bf16_flops(isa, slice); });
  if (kernels::int8_ops(isa, 0.001))
    peaks.int8_ops =
        best_sum(pool, seconds, [&](int, double slice) { return *kernels::int8_ops(isa, slice); });
  return peaks;
}

MachinePeaks measure_peaks(kernels::Isa isa, int threads, double seconds) {
  ThreadPool pool(threads);
  MachinePeaks peaks = measure_arithmetic(pool, isa, seconds);
  peaks.read_bytes = measure_read(pool, isa, seconds);
  return peaks;
}

Json to_json(const MachinePeaks& peaks) {
  return {{"threads", peaks.threads},
          {"fp32_flops_per_second", peaks.fp32_flops},
          {"bf16_flops_per_second", or_null(peaks.bf16_flops)},
          {"int8_ops_per_second", or_null(peaks.int8_ops)},
          {"read_bytes_per_second", peaks.read_bytes}};
}

}  // namespace retort::cli
