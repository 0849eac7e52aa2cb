// The loops behind peaks.h: each level's file defines a table.
#pragma once

#include <cstddef>
#include <cstdint>

namespace retort::kernels {

/// A loop over independent accumulators that begin and end in `sink`: unknown to the compiler, so that none
/// can be left out and no two are known to be equal.
struct PeakLoop {
  void (*run)(int64_t steps, std::byte* sink) noexcept;  // null: no such instruction
  double ops_per_step;
};
inline constexpr size_t kPeakSinkBytes = 16 * 64;

struct PeakLoops {
  PeakLoop fma, bf16, int8;
  /// Returns something of every cache line of [p, p + bytes); bytes is a multiple of kReadGrain. Two ways of
  /// fetching ahead, since processors differ in which is faster.
  uint64_t (*read[2])(const std::byte* p, size_t bytes) noexcept;
};
inline constexpr size_t kReadGrain = 4096;

const PeakLoops& peak_loops_scalar();
const PeakLoops& peak_loops_avx2();
const PeakLoops& peak_loops_avx512();
const PeakLoops& peak_loops_avx512_vnni_bf16();

}  // namespace retort::kernels
