#include "retort/model/decoder_loader.h"

#include <fmt/core.h>

#include "retort/base/check.h"
#include "retort/base/error.h"
#include "retort/formats/gguf_names.h"
#include "retort/model/repack.h"
#include "retort/tensor/codec.h"

namespace retort {
namespace {

/// Looks tensors up by their Hugging Face names in either layout and checks their shapes.
class WeightSource {
 public:
  WeightSource(const Checkpoint& checkpoint, const ModelConfig& config)
      : checkpoint_(checkpoint), config_(config), file_(checkpoint.path().string()) {}

  std::string stored_name(const std::string& name) const {
    if (checkpoint_.layout() != Layout::gguf) return name;
    auto stored = gguf_tensor_name(name);
    RETORT_CHECK(stored.has_value());
    return *stored;
  }
  std::optional<TensorView> find(const std::string& name) const {
    return checkpoint_.find(stored_name(name));
  }

  TensorView matrix(const std::string& name, int64_t rows, int64_t columns) const {
    TensorView view = checkpoint_.get(stored_name(name));
    if (!(view.shape == Shape{rows, columns}))
      fail(ErrorCode::bad_input, "{}: tensor '{}' has shape {}, config says [{}, {}]", file_,
           stored_name(name), view.shape.to_string(), rows, columns);
    return view;
  }

  Tensor vector(const std::string& name, int64_t n) const {
    TensorView view = checkpoint_.get(stored_name(name));
    if (!(view.shape == Shape{n}))
      fail(ErrorCode::bad_input, "{}: tensor '{}' has shape {}, config says [{}]", file_, stored_name(name),
           view.shape.to_string(), n);
    Tensor values = Tensor::owned(DType::f32, {n});
    decode_row(view.dtype, view.data, values.f32(), n);
    return values;
  }

  /// A linear layer `module` ("model.layers.0.mlp.up_proj") with what belongs to its weight.
  Linear linear(const std::string& module, int64_t out, int64_t in, bool bias) const {
    LinearSource source{matrix(module + ".weight", out, in), {}, {}, {}};
    if (bias) source.bias = checkpoint_.get(stored_name(module + ".bias"));
    if (source.weight.dtype == DType::f8_e4m3) add_scales(module, source);
    return Linear(fmt::format("{}: {}", file_, module), source);
  }

 private:
  void add_scales(const std::string& module, LinearSource& source) const {
    using Kind = QuantizationConfig::Kind;
    const auto& quantization = config_.quantization;
    if (quantization.kind == Kind::fp8_block) {
      if (quantization.block_rows != 128 || quantization.block_columns != 128)
        fail(ErrorCode::unsupported, "{}: FP8 blocks of {}x{} are not supported; supported: 128x128", file_,
             quantization.block_rows, quantization.block_columns);
      source.block_scale = checkpoint_.get(module + ".weight_scale_inv");
    } else if (quantization.kind == Kind::fp8_channel) {
      source.row_scale = checkpoint_.get(module + ".weight_scale");
    }
  }

  const Checkpoint& checkpoint_;
  const ModelConfig& config_;
  std::string file_;
};

DecoderLayer load_layer(const WeightSource& source, const ModelConfig& c, int64_t index) {
  const std::string at = fmt::format("model.layers.{}.", index);
  const int64_t q = c.num_attention_heads * c.head_dim, kv = c.num_key_value_heads * c.head_dim;
  DecoderLayer layer;
  layer.input_norm = source.vector(at + "input_layernorm.weight", c.hidden_size);
  layer.post_attention_norm = source.vector(at + "post_attention_layernorm.weight", c.hidden_size);
  layer.q_proj = source.linear(at + "self_attn.q_proj", q, c.hidden_size, c.attention_bias);
  layer.k_proj = source.linear(at + "self_attn.k_proj", kv, c.hidden_size, c.attention_bias);
  layer.v_proj = source.linear(at + "self_attn.v_proj", kv, c.hidden_size, c.attention_bias);
  layer.o_proj = source.linear(at + "self_attn.o_proj", c.hidden_size, q, c.attention_output_bias);
  layer.gate_proj = source.linear(at + "mlp.gate_proj", c.intermediate_size, c.hidden_size, false);
  layer.up_proj = source.linear(at + "mlp.up_proj", c.intermediate_size, c.hidden_size, false);
  layer.down_proj = source.linear(at + "mlp.down_proj", c.hidden_size, c.intermediate_size, false);
  return layer;
}

RopeParameters::Type rope_type(RopeScaling::Type type) {
  using From = RopeScaling::Type;
  using To = RopeParameters::Type;
  constexpr std::pair<From, To> kTypes[] = {{From::none, To::none},
                                            {From::linear, To::linear},
                                            {From::dynamic, To::dynamic},
                                            {From::llama3, To::llama3},
                                            {From::yarn, To::yarn}};
  for (auto [from, to] : kTypes)
    if (from == type) return to;
  return To::none;
}

}  // namespace

RopeParameters rope_parameters(const ModelConfig& c) {
  const RopeScaling& scaling = c.rope_scaling;
  RopeParameters rope;
  rope.type = rope_type(scaling.type);
  rope.theta = c.rope_theta;
  rope.rotary_dim = c.head_dim;
  rope.max_position_embeddings = c.max_position_embeddings;
  rope.factor = scaling.factor;
  rope.original_max_position_embeddings = scaling.original_max_position_embeddings;
  rope.low_freq_factor = scaling.low_freq_factor;
  rope.high_freq_factor = scaling.high_freq_factor;
  rope.beta_fast = scaling.beta_fast;
  rope.beta_slow = scaling.beta_slow;
  rope.attention_factor = scaling.attention_factor;
  rope.mscale = scaling.mscale;
  rope.mscale_all_dim = scaling.mscale_all_dim;
  rope.truncate = scaling.truncate;
  return rope;
}

namespace {

RopeParameters rope_parameters(const Checkpoint& checkpoint, const ModelConfig& c) {
  RopeParameters rope = rope_parameters(c);
  // How converters to GGUF store llama3 scaling.
  if (auto factors =
          checkpoint.layout() == Layout::gguf ? checkpoint.find("rope_freqs.weight") : std::nullopt) {
    if (!(factors->shape == Shape{c.head_dim / 2}))
      fail(ErrorCode::bad_input, "{}: tensor 'rope_freqs.weight' has shape {}, config says [{}]",
           checkpoint.path().string(), factors->shape.to_string(), c.head_dim / 2);
    rope.freq_factors.resize(static_cast<size_t>(c.head_dim / 2));
    decode_row(factors->dtype, factors->data, rope.freq_factors.data(), c.head_dim / 2);
  }
  return rope;
}

std::vector<Linear*> all_linears(DecoderWeights& w) {
  std::vector<Linear*> all;
  for (auto& layer : w.layers)
    for (Linear* part : {&layer.q_proj, &layer.k_proj, &layer.v_proj, &layer.o_proj, &layer.gate_proj,
                         &layer.up_proj, &layer.down_proj})
      all.push_back(part);
  all.push_back(&w.lm_head);
  return all;
}

}  // namespace

std::unique_ptr<CausalLM> load_decoder(Context& ctx, const Checkpoint& checkpoint, const ModelConfig& c,
                                       const LoadOptions& options, RopeStyle rope_style) {
  WeightSource source(checkpoint, c);
  DecoderWeights w;
  w.embed_tokens = source.matrix("model.embed_tokens.weight", c.vocab_size, c.hidden_size);
  for (int64_t i = 0; i < c.num_hidden_layers; ++i) w.layers.push_back(load_layer(source, c, i));
  w.norm = source.vector("model.norm.weight", c.hidden_size);
  w.lm_head = c.tie_word_embeddings ? Linear("lm_head", {w.embed_tokens, {}, {}, {}})
                                    : source.linear("lm_head", c.vocab_size, c.hidden_size, false);
  w.rope_style = rope_style;
  w.rope = RopeTable(rope_parameters(checkpoint, c));

  struct Owners {
    std::shared_ptr<const void> mapped, packed;
  };
  auto owners = std::make_shared<Owners>();
  owners->mapped = checkpoint.owner();
  if (options.repack) owners->packed = repack(ctx, checkpoint, all_linears(w), options.progress);
  w.owner = owners;
  return std::make_unique<Decoder>(c, std::move(w));
}

}  // namespace retort
