// What the loop detector costs per token.
#include "retort/text/repetition.h"

#include <benchmark/benchmark.h>

namespace {

void push(benchmark::State& state) {
  retort::RepetitionDetector detector;
  uint32_t random = 1;
  for (auto _ : state) {
    random = random * 1664525 + 1013904223;
    benchmark::DoNotOptimize(detector.push(static_cast<int32_t>(random >> 16)));
  }
}
BENCHMARK(push);

}  // namespace
