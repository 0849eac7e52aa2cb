// Where a quantised model goes: a GGUF file or a Hugging Face folder. Rows of tensors arrive in parts and in
// any order; the model appears under its name when it is complete.
#pragma once

#include <filesystem>
#include <memory>

#include "retort/compress/plan.h"
#include "retort/compress/row_encoder.h"

namespace retort::compress {

class ModelSink {
 public:
  virtual ~ModelSink() = default;
  /// Rows [begin, end) of one tensor of the plan, in Hugging Face's order. Each row once; any thread. `begin`
  /// is a multiple of row_unit().
  virtual void write(const TensorPlan& plan, int64_t begin, int64_t end, const EncodedRows& rows) = 0;
  /// Rows that must arrive together: heads in llama's order, blocks of scales.
  virtual int64_t row_unit(const TensorPlan& plan) const = 0;
  /// Puts the model under its name.
  virtual void finish() = 0;
};

/// Metadata and tokenizer come from the source: of a GGUF file as they are, of a folder as export_gguf has
/// them.
std::unique_ptr<ModelSink> make_gguf_sink(const SourceModel& source, const QuantizationPlan& plan,
                                          const std::filesystem::path& file);
/// Bytes of that file.
uint64_t gguf_file_bytes(const SourceModel& source, const QuantizationPlan& plan);

/// model.safetensors, config.json with a quantization_config, and the texts beside the source's weights.
/// Throws Error unsupported for a GGUF source, whose tokenizer has no tokenizer.json. A folder of that name
/// is replaced.
std::unique_ptr<ModelSink> make_folder_sink(const SourceModel& source, const QuantizationPlan& plan,
                                            const std::filesystem::path& folder);

}  // namespace retort::compress
