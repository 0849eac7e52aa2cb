// Time to choose one token from a vocabulary of 151,936 (Qwen2's) under the usual settings.
#include <benchmark/benchmark.h>

#include "retort/base/random.h"
#include "retort/infer/sampler.h"

namespace retort {
namespace {

constexpr int64_t kVocab = 151936;

/// Logits as a language model's: most of the mass on few tokens.
std::vector<float> peaked_logits() {
  Random random(1);
  std::vector<float> logits(kVocab);
  for (float& l : logits) l = 2.5f * random.normal();
  for (int i = 0; i < 20; ++i) logits[random.below(kVocab)] = 12.0f + random.normal();
  return logits;
}

void run(benchmark::State& state, const std::vector<float>& logits, SamplingParameters p,
         int64_t n_seen = 0) {
  Penalties penalties(p, kVocab, {});
  for (int64_t i = 0; i < n_seen; ++i) penalties.count(static_cast<int32_t>(i * 37 % kVocab));
  Sampler sampler(kernels::elementwise_kernels(kernels::choose_isa()));
  std::vector<TokenLogprob> top;
  uint64_t position = 0;
  for (auto _ : state) benchmark::DoNotOptimize(sampler.sample(logits, {p, penalties, position++, {}}, top));
}

struct Setting {
  const char* name;
  SamplingParameters parameters;
  int64_t n_seen = 0;
  bool flat = false;  // all tokens about equally likely: the slowest case for top-p
};

void register_all() {
  const std::vector<Setting> settings = {
      {"greedy", {.temperature = 0.0f}},
      {"greedy_top_logprobs_20", {.temperature = 0.0f, .top_logprobs = 20}},
      {"r1_t0.6_p0.95", {.temperature = 0.6f, .top_p = 0.95f}},
      {"r1_with_penalties_4k_tokens", {.temperature = 0.6f, .top_p = 0.95f, .frequency_penalty = 0.1f}, 4096},
      {"top_k_40", {.temperature = 0.8f, .top_k = 40}},
      {"min_p_0.05", {.min_p = 0.05f}},
      {"temperature_only", {}},
      {"flat_p0.95", {.temperature = 0.6f, .top_p = 0.95f}, 0, true},
  };
  for (const Setting& s : settings)
    benchmark::RegisterBenchmark(s.name, [s](benchmark::State& state) {
      run(state, s.flat ? std::vector<float>(kVocab, 0.0f) : peaked_logits(), s.parameters, s.n_seen);
    })->Unit(benchmark::kMicrosecond);
}

const bool kRegistered = (register_all(), true);

}  // namespace
}  // namespace retort
