// What this machine can do at most, measured: arithmetic in FP32, BF16 and INT8 and reading from memory, at
// some number of threads. Every share-of-peak that Retort shows is a share of these.
#pragma once

#include <optional>

#include "retort/base/json.h"
#include "retort/base/thread_pool.h"
#include "retort/kernels/isa.h"

namespace retort::cli {

/// All per second, over all threads; a multiply and an add are two operations.
struct MachinePeaks {
  int threads = 0;
  double fp32_flops = 0;
  std::optional<double> bf16_flops;  // absent: the level has no such instruction, BF16 runs in FP32
  std::optional<double> int8_ops;    // absent: the level has no such instruction
  double read_bytes = 0;

  /// The better of two measurements, figure by figure: a peak is what was reached once.
  static MachinePeaks best(const MachinePeaks& a, const MachinePeaks& b);
};

/// Runs each of the four loops for about `seconds`, on `threads` threads at once. Throws Error resource if
/// memory for the bandwidth cannot be had.
MachinePeaks measure_peaks(kernels::Isa isa, int threads, double seconds);

/// The arithmetic alone, which takes no memory; read_bytes stays 0.
MachinePeaks measure_arithmetic(ThreadPool& pool, kernels::Isa isa, double seconds);

Json to_json(const MachinePeaks& peaks);

}  // namespace retort::cli
