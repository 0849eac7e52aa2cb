// A Hugging Face folder: weights with the scales that their format puts beside them, the source's texts.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "retort/base/arithmetic.h"
#include "retort/base/check.h"
#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/compress/model_sink.h"
#include "retort/compress/quantization_json.h"
#include "retort/formats/hf_config_writer.h"
#include "retort/formats/output_folder.h"
#include "retort/formats/safetensors_writer.h"
#include "retort/tensor/codec.h"

namespace retort::compress {
namespace {

constexpr int64_t kBlock = 128;  // DeepSeek-V3, weight_block_size

/// What goes along as it is.
constexpr const char* kTexts[] = {"tokenizer.json",
                                  "tokenizer_config.json",
                                  "special_tokens_map.json",
                                  "chat_template.jinja",
                                  "generation_config.json",
                                  "added_tokens.json",
                                  "vocab.json",
                                  "merges.txt"};

/// INT4: eight values a word.
bool is_packed(const TensorPlan& plan) {
  return plan.encoding.kind == Encoding::Kind::integer && plan.encoding.grid.bits == 4;
}

std::string values_name(const TensorPlan& plan) {
  return is_packed(plan) ? plan.tensor->module + ".weight_packed" : plan.tensor->name;
}

/// The scales' tensor; no name: there is none.
TensorSpec scale_spec(const TensorPlan& plan) {
  const SourceTensor& t = *plan.tensor;
  const std::string name = t.module + ".weight_scale";
  const int64_t group = plan.encoding.grid.group;
  switch (plan.encoding.kind) {
    case Encoding::Kind::rows:
      return {};
    case Encoding::Kind::fp8_channel:
      return {name, DType::bf16, {t.rows, 1}};
    case Encoding::Kind::integer:
      return {name, DType::bf16, {t.rows, group == 0 ? 1 : t.columns / group}};
    case Encoding::Kind::fp8_block:
      return {name + "_inv", DType::f32, {div_up(t.rows, kBlock), div_up(t.columns, kBlock)}};
  }
  return {};
}

void add_specs(const TensorPlan& plan, std::vector<TensorSpec>& specs) {
  const SourceTensor& t = *plan.tensor;
  const DType dtype = plan.encoding.dtype;
  if (t.role == TensorRole::vector) return specs.push_back({t.name, dtype, {t.columns}});
  if (is_packed(plan)) {
    specs.push_back({values_name(plan), DType::i32, {t.rows, t.columns / 8}});
    specs.push_back({t.module + ".weight_shape", DType::f64, {2}, "I64"});
  } else if (plan.encoding.kind == Encoding::Kind::integer) {
    specs.push_back({t.name, DType::f8_e4m3, {t.rows, t.columns}, "I8"});
  } else {
    specs.push_back({t.name, dtype, {t.rows, t.columns}});
  }
  if (TensorSpec scale = scale_spec(plan); !scale.name.empty()) specs.push_back(std::move(scale));
}

/// The quantised matrices' encoding (one for all), and the linear modules that are not of it.
struct Scheme {
  const Encoding* encoding = nullptr;
  std::vector<std::string> ignored;
};

Scheme scheme_of(const QuantizationPlan& plan) {
  Scheme scheme;
  for (const TensorPlan& t : plan.tensors) {
    const TensorRole role = t.tensor->role;
    if (t.encoding.kind != Encoding::Kind::rows) {
      RETORT_CHECK(scheme.encoding == nullptr || *scheme.encoding == t.encoding);
      scheme.encoding = &t.encoding;
    } else if (role != TensorRole::vector && role != TensorRole::embedding) {
      scheme.ignored.push_back(t.tensor->module);
    }
  }
  return scheme;
}

Json config_json(const SourceModel& source, const QuantizationPlan& plan) {
  Json config = to_hf_config(source.config());
  if (const auto text = source.checkpoint().text("config.json"))
    config = parse_json(*text, source.checkpoint().path().string() + "/config.json");
  config.erase("quantization_config");
  Scheme scheme = scheme_of(plan);
  // A tied head is a Linear, too.
  if (source.config().tie_word_embeddings) scheme.ignored.emplace_back("lm_head");
  if (scheme.encoding != nullptr)
    config["quantization_config"] = quantization_json(*scheme.encoding, scheme.ignored);
  return config;
}

class FolderSink : public ModelSink {
 public:
  FolderSink(const SourceModel& source, const QuantizationPlan& plan, const std::filesystem::path& folder)
      : folder_(folder) {
    std::vector<TensorSpec> specs;
    for (const TensorPlan& t : plan.tensors) add_specs(t, specs);
    write_texts(source, plan);
    auto notes = source.notes();
    if (std::none_of(notes.begin(), notes.end(), [](auto& note) { return note.first == "format"; }))
      notes.emplace_back("format", "pt");
    writer_ = std::make_unique<SafetensorsWriter>(folder_.path() / "model.safetensors", specs, notes);
    for (const TensorPlan& t : plan.tensors)
      if (is_packed(t)) {
        const int64_t shape[] = {t.tensor->rows, t.tensor->columns};
        writer_->write(t.tensor->module + ".weight_shape", std::as_bytes(std::span(shape)));
      }
  }

  int64_t row_unit(const TensorPlan& plan) const override {
    return plan.encoding.kind == Encoding::Kind::fp8_block ? kBlock : 1;
  }

  void write(const TensorPlan& plan, int64_t begin, int64_t, const EncodedRows& rows) override {
    const auto bytes = static_cast<uint64_t>(plan.encoding.row_bytes(plan.tensor->columns));
    writer_->write(values_name(plan), rows.values, static_cast<uint64_t>(begin) * bytes);
    const TensorSpec scale = scale_spec(plan);
    if (scale.name.empty()) return;
    const int64_t first = (begin / row_unit(plan)) * scale.shape.columns(),
                  n = static_cast<int64_t>(rows.scales.size());
    std::vector<std::byte> stored(static_cast<size_t>(row_bytes(scale.dtype, n)));
    encode_row(scale.dtype, rows.scales.data(), stored.data(), n);
    writer_->write(scale.name, stored, static_cast<uint64_t>(row_bytes(scale.dtype, first)));
  }

  void finish() override {
    writer_->finish();
    folder_.finish();
  }

 private:
  void write_texts(const SourceModel& source, const QuantizationPlan& plan) {
    write_file_atomic(folder_.path() / "config.json", config_json(source, plan).dump(2) + "\n");
    for (const char* name : kTexts)
      if (const auto text = source.checkpoint().text(name)) write_file_atomic(folder_.path() / name, *text);
  }

  OutputFolder folder_;
  std::unique_ptr<SafetensorsWriter> writer_;
};

}  // namespace

std::unique_ptr<ModelSink> make_folder_sink(const SourceModel& source, const QuantizationPlan& plan,
                                            const std::filesystem::path& folder) {
  if (source.checkpoint().layout() == Layout::gguf)
    fail(ErrorCode::unsupported,
         "{}: a GGUF file has no tokenizer.json, which a folder needs: quantise the folder that it was made "
         "of, or choose a GGUF format",
         source.checkpoint().path().string());
  return std::make_unique<FolderSink>(source, plan, folder);
}

}  // namespace retort::compress
