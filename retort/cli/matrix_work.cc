#include "retort/cli/matrix_work.h"

#include <algorithm>
#include <map>

#include "retort/cli/checkpoint_summary.h"
#include "retort/formats/gguf_names.h"

namespace retort::cli {
namespace {

// Of the two tables of words, a step multiplies by the output one, which is the input one where there is no
// other.
bool is_input_table(const StoredTensor& tensor) {
  return tensor.name == "token_embd.weight" || tensor.name == "model.embed_tokens.weight";
}
bool is_output_table(const StoredTensor& tensor) {
  return tensor.name == "output.weight" || tensor.name == "lm_head.weight";
}

}  // namespace

MatrixWork matrix_work(const Checkpoint& checkpoint) {
  auto tensors = checkpoint.tensors();
  bool has_output = std::any_of(tensors.begin(), tensors.end(), is_output_table);
  MatrixWork work;
  std::map<DType, double> weights_by_type;
  for (const StoredTensor& tensor : tensors) {
    // A product reads the scales too: an eighth of what 4-bit groups of 32 have.
    const bool scale = is_quantization_scale(tensor);
    if ((tensor.shape.rank() < 2 && !scale) || (is_input_table(tensor) && has_output)) continue;
    const auto n = scale ? 0 : static_cast<double>(stored_weights(tensor));
    work.bytes += static_cast<double>(tensor.bytes.size());
    work.weights += n;
    if (is_expert_matrix(tensor.name)) {
      work.expert_bytes += static_cast<double>(tensor.bytes.size());
      work.expert_weights += n;
    }
    if (is_output_table(tensor) || is_input_table(tensor)) work.head_weights = n;
    if (tensor.dtype) weights_by_type[is_packed(tensor) ? DType::i4 : *tensor.dtype] += n;
  }
  auto main = std::max_element(weights_by_type.begin(), weights_by_type.end(),
                               [](const auto& a, const auto& b) { return a.second < b.second; });
  if (main != weights_by_type.end()) work.type = main->first;
  return work;
}

}  // namespace retort::cli
