// How much each channel, head and layer of a dense decoder matters, from its activations on texts (Minitron,
// Muralidharan et al. 2024, section 2.2). A channel's score is the root over sequences of the squared mean
// over tokens of |x|:
//   hidden channels  x = the output of every norm, scores added up over the norms
//   MLP channels     x = what down_proj reads
//   heads            x = what o_proj reads, the root of the squares over the head's channels
//   layers           the mean over tokens of 1 - cos(input, output)
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "retort/base/progress.h"
#include "retort/model/decoder.h"

namespace retort::train {

struct Importance {
  std::vector<double> hidden;                     // [hidden_size]
  std::vector<std::vector<double>> intermediate;  // [layers][intermediate_size]
  std::vector<std::vector<double>> heads;         // [layers][num_attention_heads]
  std::vector<double> layers;                     // [layers]
  /// [2 layers + 1][hidden_size]: each channel's share of the squares that a norm divides by, the mean over
  /// tokens; the norms in the order of the forward pass. Each adds up to 1.
  std::vector<std::vector<double>> energy;
  int64_t sequences = 0, tokens = 0;  // measured on
};

/// Runs the decoder over whole sequences, some at a time. The same for every number of threads. `progress`
/// counts sequences and may throw to stop.
Importance measure_importance(Context& ctx, const Decoder& decoder,
                              std::span<const std::span<const int32_t>> sequences,
                              const ProgressFn& progress = {});

}  // namespace retort::train
