#include "retort/plan/weights.h"

#include <fmt/format.h>

#include <algorithm>

#include "retort/base/arithmetic.h"
#include "retort/base/error.h"
#include "retort/tensor/dtype.h"

namespace retort::plan {
namespace {

constexpr WeightFormat kFormats[] = {
#define X(name, matrices, table, head, vectors, scales, mixed, about) \
  {name, matrices, table, head, vectors, Scales::scales, mixed, about},
#include "retort/plan/weight_formats.inc"
#undef X
};

// Types of formats that are no DType: INT8, whose scales are in a tensor of their own, and groups of 4 bits
// with a BF16 scale each.
constexpr StorageType kMoreTypes[] = {
    {"int8", 1, 1}, {"int4_g32", 32, 18}, {"int4_g64", 64, 34}, {"int4_g128", 128, 66}};

constexpr int64_t kScaleBlock = 128;     // DeepSeek-V3's FP8 blocks (its report, section 3.3.2)
constexpr int64_t kBlockScaleBytes = 4;  // f32, as DeepSeek-V3
constexpr int64_t kRowScaleBytes = 2;    // BF16, as compressed-tensors stores those of BF16 models

std::vector<StorageType> all_types() {
  std::vector<StorageType> types(std::begin(kMoreTypes), std::end(kMoreTypes));
  for (const DTypeInfo& row : kDTypes) types.push_back({row.name, row.block_size, row.block_bytes});
  return types;
}

/// The layers in which llama.cpp's _M mixtures spend more bits: the first and last eighth and every third
/// between (its llama-quant.cpp, use_more_bits).
bool wants_more_bits(int64_t layer, int64_t n) {
  return layer < n / 8 || layer >= 7 * n / 8 || (layer - n / 8) % 3 == 2;
}

/// What llama.cpp's _M mixtures keep in more bits (its llama-quant.cpp, llama_tensor_get_type).
std::string_view mixed_type(const ModelShape& shape, const ShapeTensor& tensor, std::string_view matrices) {
  const auto is = [&](std::string_view end) { return tensor.name.ends_with(end); };
  const bool value = is("v_proj.weight");
  // Attention is a small part of a model of eight experts.
  if (shape.n_routed_experts == 8 && (value || is("k_proj.weight"))) return "q8_0";
  if (shape.n_routed_experts == 8 && is("o_proj.weight") && matrices == "q4_k") return "q5_k";
  if ((value || is("down_proj.weight")) && wants_more_bits(tensor.layer, shape.num_hidden_layers))
    return "q6_k";
  // "70B": eight query heads share each value head.
  const bool is_70b = shape.num_hidden_layers == 80 && shape.num_attention_heads != shape.num_key_value_heads;
  return is_70b && value && matrices == "q4_k" ? "q5_k" : matrices;
}

std::string_view wanted_type(const ModelShape& shape, const ShapeTensor& tensor, const WeightFormat& format) {
  switch (tensor.group) {
    case Group::vectors:
    case Group::router:
      return format.vectors;
    case Group::embedding:
      return shape.tie_word_embeddings ? format.head : format.table;
    case Group::head:
      return format.head;
    default:
      return format.mixed ? mixed_type(shape, tensor, format.matrices) : format.matrices;
  }
}

/// The first type that rows of this length can be cut into: k-quants fall back to q8_0, all to BF16.
std::string_view fitting_type(std::string_view wanted, int64_t columns) {
  const bool k_quant = wanted.ends_with("_k");
  for (const std::string_view type : {wanted, k_quant ? std::string_view("q8_0") : wanted})
    if (columns % storage_type(type).block == 0) return type;
  return "bf16";
}

uint64_t scale_bytes(const ShapeTensor& tensor, std::string_view type, Scales scales) {
  if (storage_type(type).bytes != 1 || scales == Scales::none) return 0;
  const int64_t one = scales == Scales::row ? kRowScaleBytes * tensor.rows
                                            : kBlockScaleBytes * div_up(tensor.rows, kScaleBlock) *
                                                  div_up(tensor.columns, kScaleBlock);
  return static_cast<uint64_t>(one * tensor.copies);
}

WeightTensor weight_of(const ModelShape& shape, const ShapeTensor& tensor, const WeightFormat& format) {
  const std::string_view wanted = wanted_type(shape, tensor, format);
  const StorageType& type = storage_type(fitting_type(wanted, tensor.columns));
  WeightTensor out{tensor.name,    tensor.group,  tensor.layer,           tensor.rows,
                   tensor.columns, tensor.copies, std::string(type.name), type.name != wanted};
  out.scale_bytes = scale_bytes(tensor, type.name, format.scales);
  out.bytes = tensor.elements() / static_cast<uint64_t>(type.block) * static_cast<uint64_t>(type.bytes) +
              out.scale_bytes;
  return out;
}

Weights stored_weights(const ModelShape& shape) {
  if (shape.stored.empty())
    fail(ErrorCode::bad_input, "plan: '{}' was not read from a file with weights: name a precision ({})",
         shape.name, "--precision bf16");
  Weights out;
  out.format = kAsStored;
  for (const StoredWeight& t : shape.stored) {
    const bool scales = t.name.ends_with("weight_scale") || t.name.ends_with("weight_scale_inv");
    WeightTensor tensor{t.name, t.group, t.layer, t.rows, t.columns, 1, t.type};
    tensor.bytes = t.bytes;
    tensor.scale_bytes = scales ? t.bytes : 0;
    out.tensors.push_back(std::move(tensor));
  }
  return out;
}

}  // namespace

std::span<const WeightFormat> weight_formats() {
  return kFormats;
}

const WeightFormat& find_format(std::string_view name) {
  std::vector<std::string_view> names;
  for (const WeightFormat& format : kFormats) {
    if (format.name == name) return format;
    names.push_back(format.name);
  }
  fail(ErrorCode::bad_input, "plan: precision '{}' is not known; known: {}", name, fmt::join(names, ", "));
}

const StorageType& storage_type(std::string_view name) {
  static const std::vector<StorageType> types = all_types();
  for (const StorageType& type : types)
    if (type.name == name) return type;
  fail(ErrorCode::internal, "plan: storage type '{}' has no row", name);
}

uint64_t Weights::bytes() const {
  uint64_t n = 0;
  for (const WeightTensor& tensor : tensors) n += tensor.bytes;
  return n;
}

uint64_t Weights::bytes(Group group) const {
  uint64_t n = 0;
  for (const WeightTensor& tensor : tensors) n += tensor.group == group ? tensor.bytes : 0;
  return n;
}

int64_t Weights::fallbacks() const {
  return std::count_if(tensors.begin(), tensors.end(), [](const WeightTensor& t) { return t.fallback; });
}

double Weights::bits_per_weight() const {
  double elements = 0;
  for (const WeightTensor& t : tensors)
    if (t.bytes != t.scale_bytes)
      elements +=
          static_cast<double>(t.rows) * static_cast<double>(t.columns) * static_cast<double>(t.copies);
  return 8 * static_cast<double>(bytes()) / elements;
}

Weights weights_of(const ModelShape& shape, std::string_view format) {
  if (format == kAsStored) return stored_weights(shape);
  const WeightFormat& row = find_format(format);
  Weights out;
  out.format = row.name;
  for (const ShapeTensor& tensor : shape.tensors()) out.tensors.push_back(weight_of(shape, tensor, row));
  return out;
}

std::string default_format(const ModelShape& shape) {
  if (!shape.stored.empty()) return std::string(kAsStored);
  return shape.native_format.empty() ? "bf16" : shape.native_format;
}

}  // namespace retort::plan
