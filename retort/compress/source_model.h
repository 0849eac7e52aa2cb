// SourceModel: any checkpoint that Retort reads, seen one way: tensors under their Hugging Face names, rows
// in Hugging Face's order, values in f32, whatever the file's layout, types and scales are. Compression reads
// models through it and writes them through sinks that know a layout.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "retort/formats/checkpoint.h"
#include "retort/formats/model_config.h"

namespace retort::compress {

/// What a tensor is for decides which formats it may take.
enum class TensorRole {
  linear,     // a matrix that activations are multiplied by; the experts' too
  embedding,  // embed_tokens, and the head where it is tied
  head,       // lm_head with a matrix of its own
  router,     // of a mixture: stays as it is
  vector,     // norms and biases: stay as they are
};

struct SourceTensor {
  std::string name;    // "model.layers.3.mlp.up_proj.weight"
  std::string module;  // "model.layers.3.mlp.up_proj"
  TensorRole role = TensorRole::linear;
  int64_t rows = 0, columns = 0;  // [out_features, in_features]; a vector is one row
  int layer = -1;                 // -1: of no layer
  bool quantised = false;         // the file has it in fewer than 16 bits
};

/// Changes a matrix's rows [begin, end) behind the decoding: how scales are folded into weights.
using RowEdit = std::function<void(const SourceTensor&, int64_t begin, int64_t end, float* rows)>;

class SourceModel {
 public:
  /// Throws Error as Checkpoint::open and read_model_config do.
  explicit SourceModel(Checkpoint checkpoint);

  const Checkpoint& checkpoint() const { return checkpoint_; }
  const ModelConfig& config() const { return config_; }

  /// Embedding, the layers in their order, the last norm, the head; inside a layer in the order of the
  /// forward pass. A tied head is not listed.
  std::span<const SourceTensor> tensors() const { return tensors_; }
  /// What a safetensors file says of itself (`__metadata__`), such as that its weights are random; none of a
  /// GGUF file, whose metadata has all.
  std::vector<std::pair<std::string, std::string>> notes() const;
  /// Null if there is none of that name.
  const SourceTensor* find(std::string_view name) const;
  bool is_quantised() const;

  /// The type that the file has it in.
  DType stored_dtype(const SourceTensor& tensor) const;
  /// Rows [begin, end) in f32, [end - begin, columns]. Any thread. Throws Error bad_input naming tensor, row
  /// and column of the first NaN or infinity.
  void read_rows(const SourceTensor& tensor, int64_t begin, int64_t end, float* out) const;
  /// Tells the system that the tensor's pages are not needed any more.
  void release(const SourceTensor& tensor) const;

  /// What read_rows applies last; at most one, given before the first read.
  void set_edit(RowEdit edit) { edit_ = std::move(edit); }

 private:
  Checkpoint checkpoint_;
  ModelConfig config_;
  std::vector<SourceTensor> tensors_;
  RowEdit edit_;
};

}  // namespace retort::compress
