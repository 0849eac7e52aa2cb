// SourceModel: the list of tensors that a configuration implies, found in either layout, and their rows in
// f32 with scales applied and rows in Hugging Face's order.
#include "retort/compress/source_model.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <bit>

#include "retort/base/check.h"
#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/formats/architectures.h"
#include "retort/formats/fp8_scale.h"
#include "retort/formats/gguf_names.h"
#include "retort/formats/printable.h"
#include "retort/formats/safetensors.h"
#include "retort/tensor/codec.h"

namespace retort::compress {
namespace {

constexpr int64_t kScaleBlock = 128;  // DeepSeek-V3, weight_block_size

/// Where a tensor lies in the file: an expert's may be a part of a stack.
struct Place {
  std::string stored;  // the name in the file
  int64_t expert = 0;  // its place in a stack
  bool stacked = false;
};

Place place_of(const Checkpoint& checkpoint, const std::string& name) {
  if (checkpoint.layout() != Layout::gguf) return {name};
  const auto expert = gguf_expert(name);
  const auto single = gguf_tensor_name(name);
  RETORT_CHECK(single.has_value());
  // Files from before experts were stacked have a tensor an expert.
  if (!expert || (checkpoint.find_stored(expert->stacked) == nullptr && checkpoint.find_stored(*single)))
    return {*single};
  return {expert->stacked, expert->expert, true};
}

/// The rows of one tensor, [rows, columns]; a vector is one row.
struct Rows {
  std::string stored;
  TensorView view;
};

Rows rows_of(const Checkpoint& checkpoint, const SourceTensor& tensor) {
  const Place place = place_of(checkpoint, tensor.name);
  TensorView view = checkpoint.get(place.stored);
  view = {view.dtype,
          {tensor.rows, tensor.columns},
          view.data + place.expert * tensor.rows * row_bytes(view.dtype, tensor.columns)};
  return {place.stored, view};
}

bool is_below_16_bits(DType dtype) {
  return bits_per_weight(dtype) < 16;
}

/// The list in the order of the forward pass; shapes are checked as it grows.
class TensorLister {
 public:
  TensorLister(const Checkpoint& checkpoint, const ModelConfig& config)
      : checkpoint_(checkpoint), c_(config) {}

  std::vector<SourceTensor> list() {
    add("model.embed_tokens", TensorRole::embedding, c_.vocab_size, c_.hidden_size);
    for (layer_ = 0; layer_ < c_.num_hidden_layers; ++layer_) add_layer();
    layer_ = -1;
    add("model.norm", TensorRole::vector, 1, c_.hidden_size);
    if (!c_.tie_word_embeddings) add("lm_head", TensorRole::head, c_.vocab_size, c_.hidden_size);
    return std::move(tensors_);
  }

 private:
  void add_layer() {
    const std::string at = fmt::format("model.layers.{}.", layer_), attention = at + "self_attn.";
    const int64_t q = c_.num_attention_heads * c_.head_dim, kv = c_.num_key_value_heads * c_.head_dim;
    add(at + "input_layernorm", TensorRole::vector, 1, c_.hidden_size);
    add_linear(attention + "q_proj", q, c_.hidden_size, c_.attention_bias);
    add_linear(attention + "k_proj", kv, c_.hidden_size, c_.attention_bias);
    add_linear(attention + "v_proj", kv, c_.hidden_size, c_.attention_bias);
    add_linear(attention + "o_proj", c_.hidden_size, q, c_.attention_output_bias);
    add(at + "post_attention_layernorm", TensorRole::vector, 1, c_.hidden_size);
    if (c_.has_experts()) {
      add(at + "block_sparse_moe.gate", TensorRole::router, c_.num_local_experts, c_.hidden_size);
      for (int64_t e = 0; e < c_.num_local_experts; ++e)
        add_mlp(fmt::format("{}block_sparse_moe.experts.{}.", at, e), {"w1", "w3", "w2"});
    } else {
      add_mlp(at + "mlp.", {"gate_proj", "up_proj", "down_proj"});
    }
  }

  void add_mlp(const std::string& at, const std::array<const char*, 3>& gate_up_down) {
    add_linear(at + gate_up_down[0], c_.intermediate_size, c_.hidden_size, false);
    add_linear(at + gate_up_down[1], c_.intermediate_size, c_.hidden_size, false);
    add_linear(at + gate_up_down[2], c_.hidden_size, c_.intermediate_size, false);
  }

  void add_linear(const std::string& module, int64_t out, int64_t in, bool bias) {
    add(module, TensorRole::linear, out, in);
    if (bias) add(module, TensorRole::vector, 1, out, ".bias");
  }

  void add(const std::string& module, TensorRole role, int64_t rows, int64_t columns,
           std::string_view kind = ".weight") {
    SourceTensor tensor{module + std::string(kind), module, role, rows, columns, static_cast<int>(layer_)};
    const StoredTensor& stored = check(tensor);
    tensor.quantised = stored.dtype && is_below_16_bits(*stored.dtype);
    tensors_.push_back(std::move(tensor));
  }

  /// What the file has under the tensor's name, or the stack that an expert is in.
  const StoredTensor& check(const SourceTensor& tensor) const {
    const Place place = place_of(checkpoint_, tensor.name);
    const TensorView view = checkpoint_.get(place.stored);
    const Shape wanted = place.stacked ? Shape{c_.num_local_experts, tensor.rows, tensor.columns}
                         : tensor.role == TensorRole::vector ? Shape{tensor.columns}
                                                             : Shape{tensor.rows, tensor.columns};
    if (!(view.shape == wanted))
      fail(ErrorCode::bad_input, "{}: tensor '{}' has shape {}, config says {}", checkpoint_.path().string(),
           printable(place.stored), view.shape.to_string(), wanted.to_string());
    return *checkpoint_.find_stored(place.stored);
  }

  const Checkpoint& checkpoint_;
  const ModelConfig& c_;
  int64_t layer_ = -1;
  std::vector<SourceTensor> tensors_;
};

/// llama GGUFs have the rows of query and key, and the elements of their biases, in another order.
bool is_interleaved(const Checkpoint& checkpoint, const ModelConfig& config, const SourceTensor& tensor) {
  return checkpoint.layout() == Layout::gguf &&
         architecture_row(config.architecture).gguf_interleaves_rotary() &&
         (tensor.module.ends_with(".q_proj") || tensor.module.ends_with(".k_proj"));
}

/// The factor of every weight of row r, or of its block.
void apply_scale(const WeightScale& scale, int64_t r, std::span<float> row) {
  if (scale.kind == WeightScale::Kind::none) return;
  const TensorView& view = scale.scale;
  if (scale.kind == WeightScale::Kind::row) {
    float factor;
    decode_row(view.dtype, view.data + r * row_bytes(view.dtype, 1), &factor, 1);
    for (float& w : row) w *= factor;
    return;
  }
  std::vector<float> factors(static_cast<size_t>(view.columns()));
  decode_row(view.dtype, view.row(r / kScaleBlock), factors.data(), view.columns());
  for (size_t c = 0; c < row.size(); ++c) row[c] *= factors[c / kScaleBlock];
}

/// The column of the first NaN or infinity; -1: none.
int64_t first_not_finite(std::span<const float> row) {
  constexpr uint32_t kExponent = 0x7f800000u;
  bool any = false;
  for (float x : row) any |= (std::bit_cast<uint32_t>(x) & kExponent) == kExponent;
  if (!any) return -1;
  return std::find_if(row.begin(), row.end(),
                      [](float x) { return (std::bit_cast<uint32_t>(x) & kExponent) == kExponent; }) -
         row.begin();
}

}  // namespace

SourceModel::SourceModel(Checkpoint checkpoint)
    : checkpoint_(std::move(checkpoint)), config_(read_model_config(checkpoint_)) {
  tensors_ = TensorLister(checkpoint_, config_).list();
}

std::vector<std::pair<std::string, std::string>> SourceModel::notes() const {
  if (checkpoint_.layout() == Layout::gguf) return {};
  const std::filesystem::path& first = checkpoint_.files().front();
  const MappedFile file(first);
  return parse_safetensors(file.bytes(), first.string()).metadata;
}

const SourceTensor* SourceModel::find(std::string_view name) const {
  const auto at = std::find_if(tensors_.begin(), tensors_.end(), [&](auto& t) { return t.name == name; });
  return at == tensors_.end() ? nullptr : &*at;
}

bool SourceModel::is_quantised() const {
  return std::any_of(tensors_.begin(), tensors_.end(), [](auto& t) { return t.quantised; });
}

DType SourceModel::stored_dtype(const SourceTensor& tensor) const {
  return rows_of(checkpoint_, tensor).view.dtype;
}

void SourceModel::read_rows(const SourceTensor& tensor, int64_t begin, int64_t end, float* out) const {
  RETORT_CHECK(0 <= begin && begin <= end && end <= tensor.rows);
  const Rows place = rows_of(checkpoint_, tensor);
  const WeightScale scale =
      place.view.dtype == DType::f8_e4m3 ? find_scale(checkpoint_, place.stored) : WeightScale{};
  const bool interleaved = is_interleaved(checkpoint_, config_, tensor);
  const bool matrix = tensor.role != TensorRole::vector;
  std::vector<float> stored_order;
  for (int64_t r = begin; r < end; ++r) {
    const std::span row(out + (r - begin) * tensor.columns, static_cast<size_t>(tensor.columns));
    const int64_t stored_row = interleaved && matrix ? gguf_llama_row(r, config_.head_dim) : r;
    decode_row(place.view.dtype, place.view.row(stored_row), row.data(), tensor.columns);
    apply_scale(scale, stored_row, row);
    if (interleaved && !matrix) {
      stored_order.assign(row.begin(), row.end());
      for (int64_t i = 0; i < tensor.columns; ++i)
        row[static_cast<size_t>(i)] = stored_order[static_cast<size_t>(gguf_llama_row(i, config_.head_dim))];
    }
    if (const int64_t column = first_not_finite(row); column >= 0)
      fail(ErrorCode::bad_input,
           "{}: tensor '{}': row {}, column {} is {}: the weights are damaged; get the file again",
           checkpoint_.path().string(), printable(tensor.name), r, column, row[static_cast<size_t>(column)]);
  }
  if (edit_) edit_(tensor, begin, end, out);
}

void SourceModel::release(const SourceTensor& tensor) const {
  checkpoint_.release(rows_of(checkpoint_, tensor).view);
}

}  // namespace retort::compress
