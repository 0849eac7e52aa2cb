// A GGUF file: experts stacked, query and key of llama in its order, metadata of the source.
#include <algorithm>
#include <set>

#include "retort/base/arithmetic.h"
#include "retort/base/check.h"
#include "retort/compress/model_sink.h"
#include "retort/formats/architectures.h"
#include "retort/formats/gguf_names.h"
#include "retort/formats/gguf_writer.h"
#include "retort/infer/gguf_export.h"
#include "retort/tensor/codec.h"

namespace retort::compress {
namespace {

constexpr uint32_t kQuantizationVersion = 2;  // GGML_QNT_VERSION: of the block formats as they are today
constexpr const char* kRopeFactors = "rope_freqs.weight";

/// What the target says itself, or what no longer holds for one file.
bool is_replaced(std::string_view key) {
  return key == "general.file_type" || key == "general.quantization_version" || key == "general.alignment" ||
         key.starts_with("split.");
}

GgufFields fields_of(const SourceModel& source, int file_type) {
  GgufFields fields;
  if (source.checkpoint().layout() == Layout::gguf) {
    for (const GgufEntry& entry : source.checkpoint().metadata().entries())
      if (!is_replaced(entry.key)) fields.set(entry);
  } else {
    fields = gguf_fields_of_folder(source.checkpoint(), source.config());
    for (const auto& [key, value] : source.notes())
      if (key.starts_with("retort.")) fields.set_string(key, value);
  }
  fields.set_u32("general.quantization_version", kQuantizationVersion);
  fields.set_u32("general.file_type", static_cast<uint32_t>(file_type));
  return fields;
}

std::vector<float> rope_factors(const SourceModel& source) {
  const ModelConfig& c = source.config();
  if (source.checkpoint().layout() == Layout::hugging_face)
    return c.rope_scaling.type == RopeScaling::Type::llama3 ? llama3_rope_factors(c) : std::vector<float>{};
  const auto stored = source.checkpoint().find(kRopeFactors);
  if (!stored) return {};
  std::vector<float> factors(static_cast<size_t>(stored->shape.elements()));
  decode_row(stored->dtype, stored->data, factors.data(), stored->shape.elements());
  return factors;
}

/// The name in the file, and where an expert's rows begin in its stack.
struct Place {
  std::string name;
  int64_t first_row = 0;
};

Place place_of(const SourceTensor& tensor) {
  if (const auto expert = gguf_expert(tensor.name)) return {expert->stacked, expert->expert * tensor.rows};
  const auto name = gguf_tensor_name(tensor.name);
  RETORT_CHECK(name.has_value());
  return {*name, 0};
}

TensorSpec spec_of(const TensorPlan& plan, int64_t experts) {
  const SourceTensor& t = *plan.tensor;
  const Place place = place_of(t);
  if (t.role == TensorRole::vector) return {place.name, plan.encoding.dtype, {t.columns}};
  if (gguf_expert(t.name)) return {place.name, plan.encoding.dtype, {experts, t.rows, t.columns}};
  return {place.name, plan.encoding.dtype, {t.rows, t.columns}};
}

/// All tensors of the file: stacks of experts once, and the rotary factors where there are any.
std::vector<TensorSpec> specs_of(const SourceModel& source, const QuantizationPlan& plan) {
  std::vector<TensorSpec> specs;
  std::set<std::string> stacks;
  for (const TensorPlan& t : plan.tensors) {
    TensorSpec spec = spec_of(t, source.config().num_local_experts);
    if (spec.shape.rank() < 3 || stacks.insert(spec.name).second) specs.push_back(std::move(spec));
  }
  const auto n_factors = static_cast<int64_t>(rope_factors(source).size());
  if (n_factors > 0) specs.push_back({kRopeFactors, DType::f32, {n_factors}});
  return specs;
}

class GgufSink : public ModelSink {
 public:
  GgufSink(const SourceModel& source, const QuantizationPlan& plan, const std::filesystem::path& file)
      : head_dim_(source.config().head_dim),
        interleaves_(architecture_row(source.config().architecture).gguf_interleaves_rotary()) {
    const std::vector<float> factors = rope_factors(source);
    writer_ = std::make_unique<GgufWriter>(file, fields_of(source, plan.file_type), specs_of(source, plan));
    if (!factors.empty()) writer_->write(kRopeFactors, std::as_bytes(std::span(factors)));
  }

  int64_t row_unit(const TensorPlan& plan) const override {
    return is_interleaved(*plan.tensor) ? head_dim_ : 1;
  }

  void write(const TensorPlan& plan, int64_t begin, int64_t end, const EncodedRows& rows) override {
    const SourceTensor& t = *plan.tensor;
    const Place place = place_of(t);
    if (t.role == TensorRole::vector) return write_vector(place, t, rows);
    const auto bytes = static_cast<uint64_t>(plan.encoding.row_bytes(t.columns));
    const uint64_t offset = static_cast<uint64_t>(place.first_row + begin) * bytes;
    if (!is_interleaved(t)) return writer_->write(place.name, rows.values, offset);
    std::vector<std::byte> reordered(rows.values.size());
    for (int64_t r = begin; r < end; ++r)
      std::copy_n(rows.values.data() + static_cast<uint64_t>(r - begin) * bytes, bytes,
                  reordered.data() + static_cast<uint64_t>(gguf_llama_row(r, head_dim_) - begin) * bytes);
    writer_->write(place.name, reordered, offset);
  }

  void finish() override { writer_->finish(); }

 private:
  bool is_interleaved(const SourceTensor& t) const {
    return interleaves_ && (t.module.ends_with(".q_proj") || t.module.ends_with(".k_proj"));
  }

  /// F32; its elements are in the order of the rows that they are added to.
  void write_vector(const Place& place, const SourceTensor& t, const EncodedRows& rows) {
    if (!is_interleaved(t)) return writer_->write(place.name, rows.values);
    std::vector<std::byte> reordered(rows.values.size());
    for (int64_t i = 0; i < t.columns; ++i)
      std::copy_n(rows.values.data() + 4 * i, 4, reordered.data() + 4 * gguf_llama_row(i, head_dim_));
    writer_->write(place.name, reordered);
  }

  int64_t head_dim_;
  bool interleaves_;
  std::unique_ptr<GgufWriter> writer_;
};

}  // namespace

uint64_t gguf_file_bytes(const SourceModel& source, const QuantizationPlan& plan) {
  constexpr uint64_t kAlignment = 32;
  const std::vector<TensorSpec> specs = specs_of(source, plan);
  // GGUF specification, "File Structure": magic, version and two counts, the metadata, and of each tensor its
  // name with a length, its rank, dimensions, type and offset.
  uint64_t header = 24 + fields_of(source, plan.file_type).bytes().size(), data = 0;
  for (const TensorSpec& spec : specs) {
    header += 8 + spec.name.size() + 4 + 8 * static_cast<uint64_t>(spec.shape.rank()) + 4 + 8;
    data += round_up(checked_bytes(spec), kAlignment);
  }
  return round_up(header, kAlignment) + data;
}

std::unique_ptr<ModelSink> make_gguf_sink(const SourceModel& source, const QuantizationPlan& plan,
                                          const std::filesystem::path& file) {
  return std::make_unique<GgufSink>(source, plan, file);
}

}  // namespace retort::compress
