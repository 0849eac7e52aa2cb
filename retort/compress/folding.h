// Scales moved between a layer and what feeds it, so that the model computes the same and quantises better
// (SmoothQuant, Xiao et al. 2023; AWQ, Lin et al. 2024): columns of the readers are multiplied by s_j, and
// channel j of their source is divided by it.
#pragma once

#include <string>
#include <vector>

namespace retort::compress {

struct Folding {
  /// Divided: a norm's weight ("model.layers.3.input_layernorm.weight") or the rows, and the bias, of a
  /// matrix
  /// ("model.layers.3.self_attn.v_proj.weight": a key-value head's channel feeds all query heads of its
  /// group).
  std::string source;
  std::vector<std::string> readers;  // modules whose columns are multiplied
  std::vector<float> scale;          // [columns of the readers]
};

}  // namespace retort::compress
