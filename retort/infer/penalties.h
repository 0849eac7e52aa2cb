// Penalties: what a token has already occurred lowers (or raises) its logit.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "retort/infer/sampling_parameters.h"

namespace retort {

/// Counts the tokens of one request and applies its penalties to logits:
///   repetition (Keskar et al. 2019, CTRL; Hugging Face): l > 0 ? l / r : l * r, for tokens of prompt and
///   output; frequency and presence (the OpenAI API): l -= count * f + (count > 0) * p, for tokens of the
///   output.
/// In this order, as vLLM does. Holds nothing while all three are off.
class Penalties {
 public:
  Penalties(const SamplingParameters& parameters, int64_t vocab_size, std::span<const int32_t> prompt);

  bool active() const { return active_; }
  /// A token of the output.
  void count(int32_t token);
  /// Logits of the whole vocabulary, in place.
  void apply(float* logits) const;

 private:
  struct Seen {
    int32_t token;
    int32_t in_output;
  };
  Seen& seen(int32_t token);

  bool active_;
  float repetition_, presence_, frequency_;
  std::vector<Seen> seen_;      // each token once
  std::vector<int32_t> place_;  // of a token in seen_, -1 if absent; [vocab_size]
};

}  // namespace retort
