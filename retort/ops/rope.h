// Rotary position embedding (Su et al. 2021) with the scalings of Hugging Face's `rope_scaling`: linear,
// dynamic (NTK), llama3 and yarn; and the divisors of a GGUF file's rope_freqs.weight.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "retort/ops/context.h"

namespace retort {

/// Fields are named as in config.json's `rope_scaling`.
struct RopeParameters {
  enum class Type { none, linear, dynamic, llama3, yarn };
  Type type = Type::none;
  double theta = 10000.0;
  int64_t rotary_dim = 0;  // leading values of a head that are rotated; even
  int64_t max_position_embeddings = 0;
  double factor = 1.0;
  int64_t original_max_position_embeddings = 0;          // llama3, yarn; 0: max_position_embeddings
  double low_freq_factor = 1.0, high_freq_factor = 4.0;  // llama3
  double beta_fast = 32.0, beta_slow = 1.0;              // yarn: rotations over the original context
  std::optional<double> attention_factor;                // yarn: scales cos and sin; absent: from the factor
  std::optional<double> mscale, mscale_all_dim;          // yarn as DeepSeek writes it
  bool truncate = true;                                  // yarn: round the ramp's ends outwards
  std::vector<float> freq_factors;  // divide the frequencies [rotary_dim / 2]; empty: ones
};

/// Which values of a head form the pairs that rotate.
enum class RopeStyle {
  half,         // (x[i], x[i + rotary_dim / 2]): Hugging Face checkpoints and GGUF files of qwen2
  interleaved,  // (x[2 i], x[2 i + 1]): GGUF files of llama
};

/// Cosines and sines by position.
class RopeTable {
 public:
  static constexpr int64_t kMaxRotaryDim = 1024;

  RopeTable() = default;
  /// Throws Error bad_input if a frequency would not be positive and finite.
  explicit RopeTable(const RopeParameters& parameters);

  int64_t rotary_dim() const { return 2 * half_; }
  /// Radians per position, in f32 as Hugging Face computes and keeps them. Under dynamic scaling these hold
  /// for positions below max_position_embeddings.
  std::span<const float> inverse_frequencies() const { return inverse_frequencies_; }
  /// Multiplies cosines and sines (yarn); else 1.
  double attention_factor() const { return attention_factor_; }

  /// cos[i] and sin[i] of position * inverse_frequencies()[i], for i in [0, rotary_dim / 2), within 2e-7 at
  /// any position. position >= 0.
  ///
  /// Dynamic scaling: the frequencies of a context that ends at this very position. That is what Hugging Face
  /// computes when it decodes token by token; a function of the position alone, so that the split of a prompt
  /// does not matter.
  void angles(int64_t position, float* cos, float* sin) const;

 private:
  void angles_exactly(int64_t position, float* cos, float* sin) const;

  int64_t half_ = 0;
  std::vector<float> inverse_frequencies_;
  double attention_factor_ = 1.0;
  int64_t tabulated_ = 0;  // positions below this one come from the tables
  // position = 256 a + b: rows of `coarse_` by a, of `fine_` by b; a row is [cos of half | sin of half].
  std::vector<float> coarse_, fine_;
  RopeParameters dynamic_;  // for positions beyond max_position_embeddings under dynamic scaling
};

/// Rotates the heads of x [tokens, heads * head_dim] (f32 or f64) in place; row i stands at positions[i].
/// With a tape, table and positions must outlive its backward, which rotates the gradient back in place.
void rope(Context& ctx, const Tensor& x, std::span<const int64_t> positions, const RopeTable& table,
          RopeStyle style, int head_dim);

}  // namespace retort
