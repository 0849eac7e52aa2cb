// For tests: a model that says what a script says.
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "retort/model/causal_lm.h"

namespace retort::train {

/// `next` gets all tokens so far. Its pages hold the tokens that were fed.
class ScriptedLM : public CausalLM {
 public:
  using Script = std::function<int32_t(std::span<const int32_t>)>;
  ScriptedLM(int64_t vocab_size, Script next) : next_(std::move(next)) {
    config_.vocab_size = vocab_size;
    config_.num_hidden_layers = config_.num_key_value_heads = 1;
    config_.head_dim = 16;
    config_.max_position_embeddings = 4096;
  }
  /// Goes on with whichever of the texts begins with the tokens so far.
  static ScriptedLM of_texts(int64_t vocab_size, std::vector<std::vector<int32_t>> texts) {
    return ScriptedLM(vocab_size, [texts = std::move(texts)](std::span<const int32_t> so_far) {
      for (const auto& one : texts)
        if (one.size() > so_far.size() && std::equal(so_far.begin(), so_far.end(), one.begin()))
          return one[so_far.size()];
      throw std::runtime_error("asked for something that is in no text");
    });
  }

  const ModelConfig& config() const override { return config_; }
  uint64_t weight_bytes() const override { return 0; }
  double step_flops(int64_t, int64_t) const override { return 0; }

  Tensor forward(Context& ctx, std::span<const SequenceStep> sequences, KvCache& cache) const override {
    int64_t rows = 0, row = 0;
    for (const SequenceStep& s : sequences) rows += s.n_logits;
    Tensor logits = ctx.empty(Shape{rows, config_.vocab_size});
    for (const SequenceStep& s : sequences) {
      for (size_t i = 0; i < s.tokens.size(); ++i)
        std::memcpy(slot(s, cache, s.position + static_cast<int64_t>(i)), &s.tokens[i], sizeof(int32_t));
      if (s.n_logits == 0) continue;
      std::vector<int32_t> all(static_cast<size_t>(s.position) + s.tokens.size());
      for (size_t i = 0; i < all.size(); ++i)
        std::memcpy(&all[i], slot(s, cache, static_cast<int64_t>(i)), sizeof(int32_t));
      float* out = logits.row(row++);
      std::fill_n(out, config_.vocab_size, 0.0f);
      out[next_(all)] = 50;  // beyond doubt, at any temperature
    }
    return logits;
  }

 private:
  static std::byte* slot(const SequenceStep& s, KvCache& cache, int64_t position) {
    auto page = static_cast<size_t>(s.pages[static_cast<size_t>(position / kernels::kPageTokens)]);
    return cache.layer_base(0) + page * cache.page_stride() +
           static_cast<size_t>(position % kernels::kPageTokens) * sizeof(int32_t);
  }
  ModelConfig config_;
  Script next_;
};

}  // namespace retort::train
