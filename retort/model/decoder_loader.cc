#include "retort/model/decoder_loader.h"

#include <fmt/core.h>

#include "retort/base/check.h"
#include "retort/base/error.h"
#include "retort/formats/gguf_names.h"
#include "retort/tensor/codec.h"

namespace retort {
namespace {

/// Looks tensors up by their Hugging Face names in either layout and checks their shapes. A matrix of an
/// expert may be one of a stack.
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
  TensorView matrix(const std::string& name, int64_t rows, int64_t columns) const {
    if (auto stacked = find_stacked(name, rows, columns)) return *stacked;
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
    LinearSource source;
    if (checkpoint_.layout() != Layout::gguf && checkpoint_.find_stored(module + ".weight_packed"))
      source = packed(module, out, in);
    else
      source.weight = matrix(module + ".weight", out, in);
    if (bias) source.bias = checkpoint_.get(stored_name(module + ".bias"));
    if (source.weight.dtype == DType::f8_e4m3 || source.weight.dtype == DType::i8) add_scales(module, source);
    return Linear(fmt::format("{}: {}", file_, module), source);
  }

  /// All of a matrix without scales in f32, with storage of its own.
  Tensor decoded_matrix(const std::string& name, int64_t rows, int64_t columns) const {
    TensorView view = matrix(name, rows, columns);
    if (view.dtype == DType::f8_e4m3 || view.dtype == DType::i32 || view.dtype == DType::i8)
      fail(ErrorCode::unsupported, "{}: tensor '{}' is of type {}, which is not supported for routers", file_,
           stored_name(name), retort::name(view.dtype));
    Tensor values = Tensor::owned(DType::f32, {rows, columns});
    for (int64_t r = 0; r < rows; ++r) decode_row(view.dtype, view.row(r), values.row(r), columns);
    return values;
  }

 private:
  /// The matrix of one expert where the file has those of a layer in one tensor.
  std::optional<TensorView> find_stacked(const std::string& name, int64_t rows, int64_t columns) const {
    const auto place = checkpoint_.layout() == Layout::gguf ? gguf_expert(name) : std::nullopt;
    // Files from before experts were stacked have a tensor an expert.
    if (!place || (!checkpoint_.find_stored(place->stacked) && checkpoint_.find_stored(stored_name(name))))
      return std::nullopt;
    TensorView stack = checkpoint_.get(place->stacked);
    const Shape wanted{config_.num_local_experts, rows, columns};
    if (!(stack.shape == wanted))
      fail(ErrorCode::bad_input, "{}: tensor '{}' has shape {}, config says {}", file_, place->stacked,
           stack.shape.to_string(), wanted.to_string());
    return TensorView{stack.dtype, {rows, columns}, stack.row(place->expert * rows)};
  }

  /// 8 columns of 4 bits to an I32, as compressed-tensors' pack-quantized has them.
  LinearSource packed(const std::string& module, int64_t out, int64_t in) const {
    const auto& quantization = config_.quantization;
    if (quantization.kind != QuantizationConfig::Kind::int4_group)
      fail(ErrorCode::bad_input,
           "{}: tensor '{}.weight_packed', but quantization_config is of no 4-bit format", file_, module);
    for (const char* part : {".weight_zero_point", ".weight_g_idx"})
      if (checkpoint_.find_stored(module + part))
        fail(ErrorCode::unsupported,
             "{}: tensor '{}{}' is not supported; supported: symmetric groups in order", file_, module, part);
    const TensorView words = checkpoint_.get(module + ".weight_packed");
    if (in % quantization.group_size != 0)
      fail(ErrorCode::bad_input, "{}: {}: {} columns are not divisible into groups of {}", file_, module, in,
           quantization.group_size);
    if (words.dtype != DType::i32 || !(words.shape == Shape{out, in / 8}))
      fail(ErrorCode::bad_input,
           "{}: tensor '{}.weight_packed' is {} of shape {}, i32 of shape [{}, {}] expected", file_, module,
           name(words.dtype), words.shape.to_string(), out, in / 8);
    LinearSource source{{DType::i4, {out, in}, words.data}, {}, {}, {}};
    source.group_scale = checkpoint_.get(module + ".weight_scale");
    const Shape wanted{out, in / quantization.group_size};
    if (!(source.group_scale->shape == wanted))
      fail(ErrorCode::bad_input, "{}: tensor '{}.weight_scale' has shape {}, groups of {} make {}", file_,
           module, source.group_scale->shape.to_string(), quantization.group_size, wanted.to_string());
    return source;
  }

  void add_scales(const std::string& module, LinearSource& source) const {
    using Kind = QuantizationConfig::Kind;
    const auto& quantization = config_.quantization;
    const bool fp8 = quantization.kind == Kind::fp8_block || quantization.kind == Kind::fp8_channel;
    if (source.weight.dtype == DType::i8 ? quantization.kind != Kind::int8_channel
                                         : !fp8 && quantization.kind != Kind::none)
      fail(ErrorCode::bad_input,
           "{}: tensor '{}.weight' is of type {}, which quantization_config does not say", file_, module,
           name(source.weight.dtype));
    if (quantization.kind == Kind::fp8_block) {
      if (quantization.block_rows != 128 || quantization.block_columns != 128)
        fail(ErrorCode::unsupported, "{}: FP8 blocks of {}x{} are not supported; supported: 128x128", file_,
             quantization.block_rows, quantization.block_columns);
      source.block_scale = checkpoint_.get(module + ".weight_scale_inv");
    } else if (quantization.kind != Kind::none) {
      source.row_scale = checkpoint_.get(module + ".weight_scale");
      source.e4m3_activations = fp8 && quantization.dynamic_activations;
    }
  }

  const Checkpoint& checkpoint_;
  const ModelConfig& config_;
  std::string file_;
};

Mlp load_mlp(const WeightSource& source, const ModelConfig& c, int64_t index) {
  const std::string at = fmt::format("model.layers.{}.mlp.", index);
  Mlp mlp;
  mlp.gate_proj = source.linear(at + "gate_proj", c.intermediate_size, c.hidden_size, false);
  mlp.up_proj = source.linear(at + "up_proj", c.intermediate_size, c.hidden_size, false);
  mlp.down_proj = source.linear(at + "down_proj", c.hidden_size, c.intermediate_size, false);
  return mlp;
}

MoeBlock load_moe_block(const WeightSource& source, const ModelConfig& c, int64_t index) {
  const std::string at = fmt::format("model.layers.{}.block_sparse_moe.", index);
  MoeBlock::Weights w;
  w.router = source.decoded_matrix(at + "gate.weight", c.num_local_experts, c.hidden_size);
  for (int64_t e = 0; e < c.num_local_experts; ++e) {
    const std::string expert = fmt::format("{}experts.{}.", at, e);
    w.gate_proj.push_back(source.linear(expert + "w1", c.intermediate_size, c.hidden_size, false));
    w.up_proj.push_back(source.linear(expert + "w3", c.intermediate_size, c.hidden_size, false));
    w.down_proj.push_back(source.linear(expert + "w2", c.hidden_size, c.intermediate_size, false));
  }
  return {static_cast<int>(index), c.num_experts_per_tok, std::move(w)};
}

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
  if (c.has_experts())
    layer.mlp = load_moe_block(source, c, index);
  else
    layer.mlp = load_mlp(source, c, index);
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

/// Attention's kernels take heads of whole vectors.
void check_head_dim(const Checkpoint& checkpoint, const ModelConfig& c) {
  if (c.head_dim % 16 != 0 || c.head_dim > 256)
    fail(ErrorCode::unsupported,
         "{}: heads of {} dimensions are not supported; supported: multiples of 16 up to 256",
         checkpoint.path().string(), c.head_dim);
}

}  // namespace

std::unique_ptr<CausalLM> load_decoder(Context& ctx, const Checkpoint& checkpoint, const ModelConfig& c,
                                       const LoadOptions& options, RopeStyle rope_style) {
  check_head_dim(checkpoint, c);
  WeightSource source(checkpoint, c);
  DecoderWeights w;
  w.embed_tokens = source.matrix("model.embed_tokens.weight", c.vocab_size, c.hidden_size);
  if (w.embed_tokens.dtype == DType::i8 || w.embed_tokens.dtype == DType::i32 ||
      w.embed_tokens.dtype == DType::i64)
    fail(ErrorCode::unsupported, "{}: an embedding of type {} is not supported", checkpoint.path().string(),
         name(w.embed_tokens.dtype));
  for (int64_t i = 0; i < c.num_hidden_layers; ++i) w.layers.push_back(load_layer(source, c, i));
  w.norm = source.vector("model.norm.weight", c.hidden_size);
  w.lm_head = c.tie_word_embeddings ? Linear("lm_head", {w.embed_tokens, {}, {}, {}})
                                    : source.linear("lm_head", c.vocab_size, c.hidden_size, false);
  w.rope_style = rope_style;
  w.rope = RopeTable(rope_parameters(checkpoint, c));

  w.owner = checkpoint.owner();
  auto decoder = std::make_unique<Decoder>(c, std::move(w));
  decoder->repack(ctx, checkpoint, options.repack, options.progress);
  return decoder;
}

}  // namespace retort
