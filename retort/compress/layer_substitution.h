// A decoder layer some of whose matrices have other values: how the model would run if they were quantised.
#pragma once

#include <string_view>
#include <vector>

#include "retort/compress/source_model.h"
#include "retort/model/decoder.h"

namespace retort::compress {

class LayerSubstitution {
 public:
  /// A copy of the layer over the same weights.
  LayerSubstitution(const DecoderLayer& layer, const SourceModel& source) : layer_(layer), source_(source) {}

  /// `values` [rows, columns] in Hugging Face's order; kept in BF16. `tensor` is a matrix of this layer.
  void replace(const SourceTensor& tensor, const float* values);
  const DecoderLayer& layer() const { return layer_; }

 private:
  Linear& find(std::string_view module);

  DecoderLayer layer_;
  const SourceModel& source_;
  std::vector<Tensor> values_;
};

}  // namespace retort::compress
