// Which shape a dense decoder is cut to for a size: the MLP first, then the hidden channels, layers last
// (Minitron, Muralidharan et al. 2024, best practices: width before depth).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "retort/formats/model_config.h"

namespace retort::compress {

/// Of a dense decoder, embeddings and head included.
int64_t parameter_count(const ModelConfig& config);

/// "900M", "1.2B", "350k", "1200000", or a share of `whole` such as "0.7". Throws Error bad_input.
int64_t parse_size(std::string_view text, int64_t whole);

/// A shape that was looked at, and what of it is smaller than the base's.
struct PrunedShape {
  std::string how;  // "MLP alone"
  int64_t num_hidden_layers = 0, hidden_size = 0, intermediate_size = 0;
  int64_t parameters = 0;
};

struct ShapeChoice {
  PrunedShape chosen;
  std::vector<PrunedShape> others;  // that come under the size too
};

/// The largest shape of at most `parameters`: widths are multiples of 64 (of 16 below 512) and not below half
/// of the base's. Throws Error bad_input, beginning with `where`, if the base is not larger or no shape is so
/// small.
ShapeChoice choose_shape(const ModelConfig& base, int64_t parameters, std::string_view where);

}  // namespace retort::compress
