// Sampler: from one row of logits to the next token.
//
// Order: repetition, frequency and presence penalties; logit bias; temperature; top-k; top-p; min-p. The
// filters follow Hugging Face's order of logits warpers, because the published settings of R1 models were
// tuned under it: each filter sees the distribution after temperature, and top-p the mass that top-k has left
// (vLLM, which applies min-p before both, keeps the same tokens unless min-p and top-p bite at once). Of
// equal tokens the one with the lower id is the likelier, so exactly k are kept.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "retort/infer/penalties.h"
#include "retort/infer/sampling_parameters.h"
#include "retort/kernels/elementwise.h"

namespace retort {

struct TokenLogprob {
  int32_t token = -1;
  float logprob = 0.0f;
};

struct SampledToken {
  int32_t token = -1;
  /// Log-probabilities are natural, of the model's own distribution: the logits as they came, before
  /// penalties, bias, temperature and filters, normalised over the whole vocabulary. 0 if not asked for.
  float logprob = 0.0f;
};

/// What decides a token beside its logits.
struct SamplingState {
  const SamplingParameters& parameters;
  const Penalties& penalties;
  uint64_t position = 0;               // of the token in its sequence: with the seed, the random number
  std::optional<int32_t> forced = {};  // this token, whatever the logits say
};

/// Holds scratch of one thread: a vocabulary of floats and the candidates.
class Sampler {
 public:
  explicit Sampler(const kernels::ElementwiseKernels& kernels) : kernels_(kernels) {}

  /// `top` is filled with the top_logprobs most likely tokens, likeliest first. Throws Error internal if the
  /// logits hold NaN or +inf, or nothing above -inf: the model's arithmetic is broken.
  SampledToken sample(std::span<const float> logits, const SamplingState& state,
                      std::vector<TokenLogprob>& top);

 private:
  struct Candidate {
    int32_t token;
    float p;
  };
  static bool likelier(const Candidate& a, const Candidate& b) {
    return a.p > b.p || (a.p == b.p && a.token < b.token);
  }

  int32_t choose(std::span<const float> logits, const SamplingState& state);
  int32_t draw(const SamplingParameters& parameters, double u);
  void gather(const SamplingParameters& parameters, float p_max);
  std::optional<Candidate> last_kept(const SamplingParameters& parameters);
  Candidate last_of_mass(size_t n, double mass);
  int32_t walk_all(double u) const;

  const kernels::ElementwiseKernels& kernels_;
  std::vector<float> scratch_;         // logits, then probabilities; [vocab_size]
  std::vector<Candidate> candidates_;  // by id
  std::vector<Candidate> order_;       // the same, partly ordered
};

}  // namespace retort
