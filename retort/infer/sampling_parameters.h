// SamplingParameters: how the next token is chosen from the logits. Names and meanings are the field's
// (Hugging Face generation_config.json, vLLM, the OpenAI API).
#pragma once

#include <cstdint>
#include <vector>

namespace retort {

struct LogitBias {
  int32_t token;
  float bias;  // in [-100, 100], added to the logit
};

/// The defaults sample from the model's distribution as it is.
struct SamplingParameters {
  float temperature = 1.0f;         // in [0, 100]; below kGreedyTemperature the most likely token is taken
  int32_t top_k = 0;                // keep the k most likely tokens; 0: all
  float top_p = 1.0f;               // in (0, 1]: keep the fewest most likely tokens of at least this mass
  float min_p = 0.0f;               // in [0, 1]: drop tokens less likely than this share of the likeliest
  float repetition_penalty = 1.0f;  // in [0.01, 100]; 1: off. Tokens of the prompt and of the output
  float presence_penalty = 0.0f;    // in [-2, 2]. Tokens of the output
  float frequency_penalty = 0.0f;   // in [-2, 2]. Tokens of the output, once for each occurrence
  std::vector<LogitBias> logit_bias;
  uint64_t seed = 0;         // with the position, decides every random choice
  bool logprobs = false;     // report the log-probability of each token
  int32_t top_logprobs = 0;  // and of the n most likely ones, at most kMaxTopLogprobs; implies logprobs

  static constexpr float kGreedyTemperature = 1e-5f;
  static constexpr int32_t kMaxTopLogprobs = 20;  // the OpenAI API's limit

  bool greedy() const { return temperature < kGreedyTemperature; }
  bool penalizes() const {
    return repetition_penalty != 1.0f || presence_penalty != 0.0f || frequency_penalty != 0.0f;
  }
  bool wants_logprobs() const { return logprobs || top_logprobs > 0; }

  /// Throws Error bad_input with the name, the value and the range.
  void validate(int64_t vocab_size) const;
};

}  // namespace retort
