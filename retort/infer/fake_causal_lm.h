// FakeCausalLM, for tests: logits are a hash of the whole context, and its pages hold the tokens that were
// fed, so that a page given to the wrong sequence, too early or too late is noticed.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "retort/base/random.h"
#include "retort/model/causal_lm.h"

namespace retort {

class FakeCausalLM : public CausalLM {
 public:
  explicit FakeCausalLM(int64_t vocab_size, int64_t max_context = 4096) {
    config_.vocab_size = vocab_size;
    config_.max_position_embeddings = max_context;
  }

  /// The smallest layout that holds a Slot per position.
  static kernels::KvLayout layout() { return {kernels::KvDType::bf16, 1, 16}; }

  const ModelConfig& config() const override { return config_; }
  uint64_t weight_bytes() const override { return 0; }
  double step_flops(int64_t, int64_t) const override { return 0; }

  Tensor forward(Context& ctx, std::span<const SequenceStep> sequences, KvCache& cache) const override {
    ++n_forwards;
    if (before_forward) before_forward(sequences);
    int64_t rows = 0;
    for (const SequenceStep& s : sequences) rows += s.n_logits;
    Tensor logits = ctx.empty(Shape{rows, config_.vocab_size});
    int64_t row = 0;
    for (const SequenceStep& s : sequences) {
      uint64_t context = read_context(s, cache);
      auto n = static_cast<int64_t>(s.tokens.size());
      for (int64_t i = 0; i < n; ++i) {
        context = append(context, s.tokens[static_cast<size_t>(i)]);
        *slot(s, cache, s.position + i) = {s.tokens[static_cast<size_t>(i)], s.position + i, context};
        if (i >= n - s.n_logits) write_logits(s.position + i, context, logits.row(row++));
      }
    }
    return logits;
  }

  /// The logits after a context, for tests that want to know better.
  std::vector<float> logits_after(std::span<const int32_t> tokens) const {
    uint64_t context = 0;
    for (int32_t token : tokens) context = append(context, token);
    std::vector<float> logits(static_cast<size_t>(config_.vocab_size));
    write_logits(static_cast<int64_t>(tokens.size()) - 1, context, logits.data());
    return logits;
  }

  /// Changes the logits that follow the token at a position.
  std::function<void(int64_t position, float* logits)> shape_logits;
  std::function<void(std::span<const SequenceStep>)> before_forward;
  mutable int64_t n_forwards = 0;

 private:
  struct Slot {
    int64_t token;
    int64_t position;
    uint64_t context;  // hash of all tokens up to this one
  };
  static_assert(sizeof(Slot) * kernels::kPageTokens <= 2048);  // bytes of the layout's page

  static uint64_t append(uint64_t context, int32_t token) {
    return splitmix64(context * 3 + static_cast<uint32_t>(token) + 1);
  }

  static Slot* slot(const SequenceStep& s, KvCache& cache, int64_t position) {
    auto page = static_cast<size_t>(s.pages[static_cast<size_t>(position / kernels::kPageTokens)]);
    std::byte* base = cache.layer_base(0) + page * cache.page_stride();
    return reinterpret_cast<Slot*>(base) + position % kernels::kPageTokens;
  }

  /// The context before the step, read from the pages and checked to be one coherent history.
  static uint64_t read_context(const SequenceStep& s, KvCache& cache) {
    uint64_t context = 0;
    for (int64_t position = 0; position < s.position; ++position) {
      const Slot& at = *slot(s, cache, position);
      context = append(context, static_cast<int32_t>(at.token));
      if (at.position != position || at.context != context)
        throw std::runtime_error("page of position " + std::to_string(position) + " holds something else");
    }
    return context;
  }

  void write_logits(int64_t position, uint64_t context, float* logits) const {
    for (int64_t j = 0; j < config_.vocab_size; ++j)
      logits[j] = static_cast<float>(6.0 * random_uniform(context, static_cast<uint64_t>(j)) - 3.0);
    if (shape_logits) shape_logits(position, logits);
  }

  ModelConfig config_;
};

}  // namespace retort
