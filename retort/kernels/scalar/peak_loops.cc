// Peak loops of the portable baseline.
#include "retort/kernels/peak_loops.h"

#include <cstring>

namespace retort::kernels {
namespace {

constexpr int kAccumulators = 32;

void fma(int64_t steps, std::byte* sink) noexcept {
  float sums[kAccumulators];
  std::memcpy(sums, sink, sizeof sums);
  for (int64_t s = 0; s < steps; ++s)
    for (float& sum : sums) sum = sum * 0.75f + 0.25f;
  std::memcpy(sink, sums, sizeof sums);
}

uint64_t read(const std::byte* p, size_t bytes) noexcept {
  uint64_t sums[8] = {};
  for (size_t i = 0; i < bytes; i += 64) {
    uint64_t line[8];
    std::memcpy(line, p + i, 64);
    for (int j = 0; j < 8; ++j) sums[j] += line[j];
  }
  uint64_t total = 0;
  for (uint64_t sum : sums) total += sum;
  return total;
}

constexpr PeakLoops kLoops = {{fma, 2.0 * kAccumulators}, {}, {}, {read, read}};

}  // namespace

const PeakLoops& peak_loops_scalar() {
  return kLoops;
}

}  // namespace retort::kernels
