// Measures the roofs: calls a level's loops until the time is over.
#include "retort/kernels/peaks.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include "retort/base/check.h"
#include "retort/kernels/peak_loops.h"

namespace retort::kernels {
namespace {

using Clock = std::chrono::steady_clock;

const PeakLoops& peak_loops(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx2) return peak_loops_avx2();
  if (isa == Isa::avx512) return peak_loops_avx512();
  if (isa == Isa::avx512_vnni_bf16) return peak_loops_avx512_vnni_bf16();
#endif
  static_cast<void>(isa);
  return peak_loops_scalar();
}

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Runs `work` for a tenth of the time unmeasured, then for `seconds`; calls of it per second.
double calls_per_second(double seconds, const std::function<void()>& work) {
  auto begin = Clock::now();
  do work();
  while (seconds_since(begin) < 0.1 * seconds);
  int64_t calls = 0;
  double elapsed = 0;
  begin = Clock::now();
  do {
    work();
    ++calls;
    elapsed = seconds_since(begin);
  } while (elapsed < seconds);
  return static_cast<double>(calls) / elapsed;
}

std::optional<double> ops_per_second(const PeakLoop& loop, double seconds) {
  constexpr int64_t kSteps = 4096;  // some microseconds: the clock is read seldom
  if (loop.run == nullptr) return std::nullopt;
  alignas(64) std::byte sink[kPeakSinkBytes] = {};
  return static_cast<double>(kSteps) * loop.ops_per_step *
         calls_per_second(seconds, [&] { loop.run(kSteps, sink); });
}

}  // namespace

double fma_flops(Isa isa, double seconds) {
  return ops_per_second(peak_loops(isa).fma, seconds).value();
}

std::optional<double> bf16_flops(Isa isa, double seconds) {
  return ops_per_second(peak_loops(isa).bf16, seconds);
}

std::optional<double> int8_ops(Isa isa, double seconds) {
  return ops_per_second(peak_loops(isa).int8, seconds);
}

double read_bytes_per_second(Isa isa, std::span<const std::byte> bytes, double seconds) {
  const PeakLoops& loops = peak_loops(isa);
  const size_t n = bytes.size() / kReadGrain * kReadGrain;
  RETORT_CHECK(n > 0);
  volatile uint64_t sink = 0;
  double most = 0;
  for (auto* read : loops.read)
    most = std::max(most, calls_per_second(seconds / 2, [&] { sink = read(bytes.data(), n); }));
  return static_cast<double>(n) * most;
}

}  // namespace retort::kernels
