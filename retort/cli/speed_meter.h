// Times a model's own forward pass, without tokenizer, scheduler or sampling: prefill of a prompt, and decode
// steps of a batch whose sequences each have their own context in the cache.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "retort/model/causal_lm.h"
#include "retort/ops/expert_load.h"

namespace retort::cli {

/// The longest run of a speed meter, which decides the size of its cache.
struct SpeedMeterLimits {
  int64_t max_prefill = 512;
  int64_t max_batch = 16;
  int64_t max_positions = 640;  // context and decoded tokens of one sequence of a batch
};

class SpeedMeter {
 public:
  /// All but the limits are used until it ends. `check` is called before every step; it may throw to stop.
  SpeedMeter(const CausalLM& model, Context& context, const kernels::KvLayout& kv,
             const SpeedMeterLimits& limits, std::function<void()> check);
  ~SpeedMeter();
  SpeedMeter(const SpeedMeter&) = delete;
  SpeedMeter& operator=(const SpeedMeter&) = delete;

  /// Seconds to compute a prompt of n tokens with an empty cache, up to its last logits.
  double prefill(int64_t n);

  /// Seconds of `steps` steps, each of one token for each of `batch` sequences, from `context` positions on.
  double decode(int64_t batch, int64_t context, int64_t steps);

  /// Where the tokens of the last `prefill` or `decode` went; absent: the model has no experts.
  const std::optional<ExpertLoad>& expert_load() const { return expert_load_; }

  /// Bytes of keys and values of one position in all layers.
  double kv_bytes_per_position() const;

 private:
  std::span<const int32_t> pages_of(int64_t sequence) const;
  void forward(std::span<const SequenceStep> sequences);
  void compute_prompt(int64_t n);

  const CausalLM& model_;
  Context& context_;
  std::function<void()> check_;
  int64_t pages_per_sequence_;
  KvCache cache_;
  std::optional<ExpertLoad> expert_load_;
  std::vector<int32_t> pages_;   // all of them, sequence after sequence
  std::vector<int32_t> tokens_;  // random
  int64_t computed_ =
      0;  // leading positions of the first sequence whose keys and values are those of tokens_
};

}  // namespace retort::cli
