#include "retort/compress/plan.h"

#include <algorithm>

namespace retort::compress {
namespace {

/// What tensors stay in where nothing makes them smaller: their own type if it is a float of 16 or 32 bits.
Encoding unchanged(const SourceModel& source, const SourceTensor& tensor, bool keep_f32) {
  const DType stored = source.stored_dtype(tensor);
  if (stored == DType::f16 || (stored == DType::f32 && keep_f32)) return Encoding::rows(stored);
  return Encoding::rows(DType::bf16);
}

// llama.cpp's rules, as its llama-quant.cpp (llama_tensor_get_type) has them. In a mixture _M, v_proj and
// down_proj are q6_k in the first and the last eighth of the layers and in every third between.
bool uses_more_bits(int64_t layer, int64_t n) {
  return layer < n / 8 || layer >= 7 * n / 8 || (layer - n / 8) % 3 == 2;
}

bool is_value(const SourceTensor& t) {
  return t.module.ends_with(".v_proj");
}
bool is_down(const SourceTensor& t) {
  return t.module.ends_with(".down_proj") || t.module.ends_with(".w2");
}

Encoding gguf_linear(const ModelConfig& c, const Target& target, const SourceTensor& t) {
  Encoding encoding = target.matrices;
  if (!target.is_mixture()) return encoding;
  const bool eight_experts = c.num_local_experts == 8;
  // Attention is a small part of a model of eight experts, so that its matrices are kept better.
  if (eight_experts && (is_value(t) || t.module.ends_with(".k_proj"))) return Encoding::rows(DType::q8_0);
  if (eight_experts && t.module.ends_with(".o_proj") && encoding.dtype == DType::q4_k)
    return Encoding::rows(DType::q5_k);
  if ((is_value(t) || is_down(t)) && uses_more_bits(t.layer, c.num_hidden_layers))
    return Encoding::rows(target.more);
  // "70B": eight query heads share each value head.
  const bool is_70b = c.num_hidden_layers == 80 && c.num_attention_heads != c.num_key_value_heads;
  if (is_70b && is_value(t) && encoding.dtype == DType::q4_k) return Encoding::rows(DType::q5_k);
  return encoding;
}

Encoding gguf_rule(const SourceModel& source, const Target& target, const SourceTensor& t) {
  const Encoding& matrices = target.matrices;
  switch (t.role) {
    case TensorRole::vector:
    case TensorRole::router:
      return Encoding::rows(DType::f32);  // as converters write them
    case TensorRole::linear:
      return gguf_linear(source.config(), target, t);
    case TensorRole::embedding:
      if (!source.config().tie_word_embeddings) return matrices;
      [[fallthrough]];  // it is the head, too
    case TensorRole::head:
      if (matrices.dtype == DType::bf16 || matrices.dtype == DType::q8_0) return matrices;
      return Encoding::rows(DType::q6_k);
  }
  return matrices;
}

Encoding folder_rule(const SourceModel& source, const Target& target, const SourceTensor& t) {
  if (t.role == TensorRole::linear) return target.matrices;
  return unchanged(source, t, t.role == TensorRole::vector || t.role == TensorRole::router);
}

/// The next of our formats that takes more shapes and loses no more.
Encoding fallback_of(const Encoding& encoding) {
  const bool k_quant =
      encoding.dtype == DType::q4_k || encoding.dtype == DType::q5_k || encoding.dtype == DType::q6_k;
  return Encoding::rows(k_quant ? DType::q8_0 : DType::bf16);
}

TensorPlan plan_tensor(const SourceTensor& tensor, const Encoding& wanted) {
  TensorPlan plan{&tensor, wanted, wanted, wanted.obstacle(tensor.columns)};
  while (!plan.encoding.obstacle(tensor.columns).empty()) plan.encoding = fallback_of(plan.encoding);
  return plan;
}

bool is_matrix(const TensorPlan& plan) {
  return plan.tensor->role != TensorRole::vector;
}

}  // namespace

uint64_t QuantizationPlan::weights() const {
  uint64_t n = 0;
  for (const TensorPlan& t : tensors)
    if (is_matrix(t)) n += static_cast<uint64_t>(t.tensor->rows) * static_cast<uint64_t>(t.tensor->columns);
  return n;
}

uint64_t QuantizationPlan::bytes() const {
  uint64_t n = 0;
  for (const TensorPlan& t : tensors) n += t.bytes();
  return n;
}

double QuantizationPlan::bits_per_weight() const {
  uint64_t n = 0;
  for (const TensorPlan& t : tensors)
    if (is_matrix(t)) n += t.bytes();
  return 8.0 * static_cast<double>(n) / static_cast<double>(std::max<uint64_t>(1, weights()));
}

QuantizationPlan plan_quantization(const SourceModel& source, const Target& target) {
  QuantizationPlan plan{target.layout, target.file_type, {}};
  const auto rule = target.layout == Layout::gguf ? gguf_rule : folder_rule;
  for (const SourceTensor& tensor : source.tensors())
    plan.tensors.push_back(plan_tensor(tensor, rule(source, target, tensor)));
  return plan;
}

}  // namespace retort::compress
