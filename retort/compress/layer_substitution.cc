#include "retort/compress/layer_substitution.h"

#include <charconv>

#include "retort/base/check.h"
#include "retort/formats/architectures.h"
#include "retort/formats/gguf_names.h"
#include "retort/tensor/codec.h"

namespace retort::compress {
namespace {

bool takes(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

int64_t take_number(std::string_view& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  RETORT_CHECK(error == std::errc());
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

}  // namespace

Linear& LayerSubstitution::find(std::string_view module) {
  RETORT_CHECK(takes(module, "model.layers."));
  take_number(module);
  if (module == ".self_attn.q_proj") return layer_.q_proj;
  if (module == ".self_attn.k_proj") return layer_.k_proj;
  if (module == ".self_attn.v_proj") return layer_.v_proj;
  if (module == ".self_attn.o_proj") return layer_.o_proj;
  if (auto* mlp = std::get_if<Mlp>(&layer_.mlp)) {
    if (module == ".mlp.gate_proj") return mlp->gate_proj;
    if (module == ".mlp.up_proj") return mlp->up_proj;
    RETORT_CHECK(module == ".mlp.down_proj");
    return mlp->down_proj;
  }
  RETORT_CHECK(takes(module, ".block_sparse_moe.experts."));
  auto& experts = std::get<MoeBlock>(layer_.mlp);
  const int64_t expert = take_number(module), n = experts.n_experts();
  const int64_t wanted = expert + (module == ".w1" ? 0 : module == ".w3" ? n : 2 * n);
  Linear* found = nullptr;
  int64_t at = 0;
  experts.for_each_linear([&](Linear& part) {  // all gates, all ups, all downs
    if (at++ == wanted) found = &part;
  });
  RETORT_CHECK(found != nullptr);
  return *found;
}

void LayerSubstitution::replace(const SourceTensor& tensor, const float* values) {
  const ModelConfig& config = source_.config();
  const bool interleaved = source_.checkpoint().layout() == Layout::gguf &&
                           architecture_row(config.architecture).gguf_interleaves_rotary() &&
                           (tensor.module.ends_with(".q_proj") || tensor.module.ends_with(".k_proj"));
  Tensor stored = Tensor::owned(DType::bf16, {tensor.rows, tensor.columns});
  for (int64_t r = 0; r < tensor.rows; ++r) {
    const int64_t row = interleaved ? gguf_llama_row(r, config.head_dim) : r;
    encode_row(DType::bf16, values + r * tensor.columns, stored.bytes() + row * stored.view().row_bytes(),
               tensor.columns);
  }
  Linear& linear = find(tensor.module);
  LinearSource source{stored.view(), {}, {}, {}};
  if (linear.bias().bytes() != nullptr) source.bias = linear.bias().view();
  linear = Linear(tensor.module, source);
  values_.push_back(std::move(stored));
}

}  // namespace retort::compress
