#include "bench/random_checkpoint.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numbers>

#include "bench/random_model.h"
#include "bench/random_tokenizer.h"
#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/formats/architectures.h"
#include "retort/formats/gguf_names.h"
#include "retort/formats/gguf_writer.h"
#include "retort/formats/safetensors_writer.h"
#include "retort/tensor/codec.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNotice = "random weights, written by retort-make-checkpoint: its answers are noise";

// Small original contexts, so that short tests reach every branch of a scaling's formula.
constexpr double kFactor = 8, kLowFreq = 1, kHighFreq = 4;
constexpr int64_t kOriginalContext = 256;

/// Writes all rows of a tensor in parts of a few MiB, from byte `at` of the tensor in the file on;
/// `stored_row` maps a row of the model to one of the file.
template <typename StoredRow>
void write_rows(TensorWriter& writer, const std::string& name, uint64_t at, const RandomTensor& tensor,
                StoredRow stored_row) {
  RandomRows rows(tensor);
  const int64_t n = tensor.shape.rank() == 1 ? 1 : tensor.shape.rows(), bytes = rows.row_bytes();
  const int64_t part = std::max<int64_t>(1, (int64_t{4} << 20) / bytes);
  std::vector<std::byte> buffer(static_cast<size_t>(part * bytes));
  for (int64_t begin = 0; begin < n; begin += part) {
    const int64_t end = std::min(n, begin + part);
    for (int64_t r = begin; r < end; ++r)
      std::copy_n(rows.row(stored_row(r)), bytes, buffer.data() + (r - begin) * bytes);
    writer.write(name, std::span(buffer).first(static_cast<size_t>((end - begin) * bytes)),
                 at + static_cast<uint64_t>(begin * bytes));
  }
}

void show(size_t done, size_t total, const std::string& name) {
  if (isatty(STDERR_FILENO) == 0) return;
  std::fprintf(stderr, "\r%3zu of %zu tensors  %-50s", done, total, name.c_str());
  if (done == total) std::fprintf(stderr, "\n");
}

/// What llama.cpp's converter stores for llama3 scaling: the divisor of each rotary frequency.
std::vector<float> llama3_factors(const ModelConfig& c) {
  std::vector<float> factors;
  for (int64_t i = 0; i < c.head_dim / 2; ++i) {
    double wavelength =
        2 * std::numbers::pi *
        std::pow(c.rope_theta, 2.0 * static_cast<double>(i) / static_cast<double>(c.head_dim));
    double turns = static_cast<double>(kOriginalContext) / wavelength;
    double smooth = (turns - kLowFreq) / (kHighFreq - kLowFreq);
    if (turns > kHighFreq)
      factors.push_back(1);
    else if (turns < kLowFreq)
      factors.push_back(static_cast<float>(kFactor));
    else
      factors.push_back(static_cast<float>(1.0 / ((1 - smooth) / kFactor + smooth)));
  }
  return factors;
}

void add_model(GgufFields& fields, const ModelConfig& c, const RandomCheckpointOptions& options) {
  const std::string a(architecture_row(c.architecture).gguf);
  fields.set_string("general.architecture", a);
  fields.set_string("general.name", options.shape + " (random)");
  fields.set_string("general.description", kNotice);
  fields.set_string("retort.weights", "random");
  fields.set_u32(a + ".block_count", static_cast<uint32_t>(c.num_hidden_layers));
  fields.set_u32(a + ".context_length", static_cast<uint32_t>(c.max_position_embeddings));
  fields.set_u32(a + ".embedding_length", static_cast<uint32_t>(c.hidden_size));
  fields.set_u32(a + ".feed_forward_length", static_cast<uint32_t>(c.intermediate_size));
  if (c.has_experts()) {
    fields.set_u32(a + ".expert_count", static_cast<uint32_t>(c.num_local_experts));
    fields.set_u32(a + ".expert_used_count", static_cast<uint32_t>(c.num_experts_per_tok));
  }
  fields.set_u32(a + ".attention.head_count", static_cast<uint32_t>(c.num_attention_heads));
  fields.set_u32(a + ".attention.head_count_kv", static_cast<uint32_t>(c.num_key_value_heads));
  fields.set_f32(a + ".attention.layer_norm_rms_epsilon", static_cast<float>(c.rms_norm_eps));
  fields.set_f32(a + ".rope.freq_base", static_cast<float>(c.rope_theta));
  fields.set_u32(a + ".rope.dimension_count", static_cast<uint32_t>(c.head_dim));
  fields.set_u32(a + ".vocab_size", static_cast<uint32_t>(c.vocab_size));
  if (options.rope_scaling == "linear" || options.rope_scaling == "yarn") {
    fields.set_string(a + ".rope.scaling.type", options.rope_scaling);
    fields.set_f32(a + ".rope.scaling.factor", static_cast<float>(kFactor));
    fields.set_u32(a + ".rope.scaling.original_context_length", static_cast<uint32_t>(kOriginalContext));
  }
}

/// What a GGUF file calls the tensors, the experts of a layer as one.
std::vector<TensorSpec> gguf_specs(const ModelConfig& c, const std::vector<RandomTensor>& tensors) {
  std::vector<TensorSpec> specs;
  for (const auto& t : tensors) {
    const auto place = gguf_expert(t.name);
    if (!place)
      specs.push_back({*gguf_tensor_name(t.name), t.dtype, t.shape});
    else if (place->expert == 0)
      specs.push_back({place->stacked, t.dtype, {c.num_local_experts, t.shape[0], t.shape[1]}});
  }
  return specs;
}

void write_gguf(const ModelConfig& c, const std::vector<RandomTensor>& tensors,
                const RandomTokenizer& tokenizer, const RandomCheckpointOptions& options) {
  GgufFields fields;
  add_model(fields, c, options);
  tokenizer.add_to(fields);
  std::vector<TensorSpec> specs = gguf_specs(c, tensors);
  const bool llama3 = options.rope_scaling == "llama3";
  if (llama3) specs.push_back({"rope_freqs.weight", DType::f32, {c.head_dim / 2}});
  GgufWriter writer(options.out, fields, specs);
  for (size_t i = 0; i < tensors.size(); ++i) {
    const auto& t = tensors[i];
    const auto place = gguf_expert(t.name);
    const std::string name = place ? place->stacked : *gguf_tensor_name(t.name);
    show(i + 1, tensors.size(), name);
    const auto bytes = static_cast<uint64_t>(row_bytes(t.dtype, t.shape.columns()) * t.shape.rows());
    const bool rotary = t.name.ends_with("q_proj.weight") || t.name.ends_with("k_proj.weight");
    const bool interleave = rotary && architecture_row(c.architecture).gguf_interleaves_rotary();
    write_rows(writer, name, place ? static_cast<uint64_t>(place->expert) * bytes : 0, t,
               [&](int64_t r) { return interleave ? hf_llama_row(r, c.head_dim) : r; });
  }
  if (llama3) {
    const auto factors = llama3_factors(c);
    writer.write("rope_freqs.weight", std::as_bytes(std::span(factors)));
  }
  writer.finish();
}

/// compressed-tensors' quantization_config of one group of Linears: channels of 8 bits, or groups of 32 of 4
/// bits.
Json compressed(const char* format, int bits, const char* type, bool dynamic_activations) {
  Json weights = {
      {"num_bits", bits}, {"type", type}, {"strategy", bits == 8 ? "channel" : "group"}, {"symmetric", true}};
  if (bits == 4) weights["group_size"] = 32;
  Json group = {{"targets", {"Linear"}}, {"weights", weights}};
  if (dynamic_activations)
    group["input_activations"] = {
        {"num_bits", bits}, {"type", type}, {"strategy", "token"}, {"dynamic", true}};
  return {{"quant_method", "compressed-tensors"},
          {"format", format},
          {"ignore", {"lm_head"}},
          {"config_groups", {{"group_0", group}}}};
}

Json config_json(const ModelConfig& c, const Scheme& scheme, const RandomTokenizer& tokenizer,
                 const RandomCheckpointOptions& options) {
  Json json = {{"architectures", {std::string(architecture_row(c.architecture).hf_class)}},
               {"model_type", c.architecture},
               {"hidden_act", "silu"},
               {"hidden_size", c.hidden_size},
               {"intermediate_size", c.intermediate_size},
               {"num_hidden_layers", c.num_hidden_layers},
               {"num_attention_heads", c.num_attention_heads},
               {"num_key_value_heads", c.num_key_value_heads},
               {"head_dim", c.head_dim},
               {"vocab_size", c.vocab_size},
               {"max_position_embeddings", c.max_position_embeddings},
               {"rms_norm_eps", c.rms_norm_eps},
               {"rope_theta", c.rope_theta},
               {"tie_word_embeddings", c.tie_word_embeddings},
               {"torch_dtype", "bfloat16"},
               {"retort.weights", "random"},
               {"eos_token_id", tokenizer.eos}};
  if (c.architecture == "llama") json["attention_bias"] = false;
  if (c.has_experts()) {
    json["num_local_experts"] = c.num_local_experts;
    json["num_experts_per_tok"] = c.num_experts_per_tok;
    json["sliding_window"] = nullptr;
    json["router_aux_loss_coef"] = 0.02;  // MixtralConfig's; only training reads it
  }
  if (options.rope_scaling != "none")
    json["rope_scaling"] = {{"rope_type", options.rope_scaling},
                            {"factor", kFactor},
                            {"low_freq_factor", kLowFreq},
                            {"high_freq_factor", kHighFreq},
                            {"original_max_position_embeddings", kOriginalContext}};
  if (scheme.matrices == DType::f8_e4m3 && scheme.block_scales)
    json["quantization_config"] = {{"quant_method", "fp8"},
                                   {"fmt", "e4m3"},
                                   {"activation_scheme", "dynamic"},
                                   {"weight_block_size", {128, 128}}};
  else if (scheme.matrices == DType::f8_e4m3)
    json["quantization_config"] = compressed("float-quantized", 8, "float", false);
  else if (scheme.matrices == DType::i8)
    json["quantization_config"] = compressed("int-quantized", 8, "int", true);
  else if (scheme.matrices == DType::i4)
    json["quantization_config"] = compressed("pack-quantized", 4, "int", false);
  return json;
}

void write_hf(const ModelConfig& c, const Scheme& scheme, const std::vector<RandomTensor>& tensors,
              const RandomTokenizer& tokenizer, const RandomCheckpointOptions& options) {
  const fs::path dir = options.out;
  fs::create_directories(dir);
  std::vector<TensorSpec> specs;
  for (const auto& t : tensors) {
    if (t.dtype == DType::i4)  // 8 to an I32
      specs.push_back({t.name, DType::i32, {t.shape[0], t.shape[1] / 8}});
    else
      specs.push_back({t.name, t.dtype, t.shape});
  }
  SafetensorsWriter writer(dir / "model.safetensors", specs,
                           {{"format", "pt"}, {"retort.weights", "random"}});
  for (size_t i = 0; i < tensors.size(); ++i) {
    show(i + 1, tensors.size(), tensors[i].name);
    write_rows(writer, tensors[i].name, 0, tensors[i], [](int64_t r) { return r; });
  }
  writer.finish();
  write_file_atomic(dir / "config.json", config_json(c, scheme, tokenizer, options).dump(1));
  write_file_atomic(dir / "tokenizer.json", tokenizer.tokenizer_json());
  write_file_atomic(dir / "tokenizer_config.json", tokenizer.tokenizer_config_json());
  write_file_atomic(
      dir / "generation_config.json",
      Json{{"do_sample", true}, {"temperature", 0.6}, {"top_p", 0.95}, {"eos_token_id", tokenizer.eos}}.dump(
          1));
}

}  // namespace

void write_random_checkpoint(const RandomCheckpointOptions& options) {
  ModelConfig config = shape_named(options.shape);
  if (options.layers > 0) config.num_hidden_layers = options.layers;
  auto scheme = scheme_named(options.dtype);
  if (!scheme)
    fail(ErrorCode::bad_input, "--dtype: '{}' is not known; known: {}", options.dtype, scheme_names());
  std::optional<std::string> text;
  if (!options.tokenizer.empty()) text = read_file(options.tokenizer);
  auto tokenizer = make_random_tokenizer(text, config.vocab_size);
  auto tensors = random_tensors(config, *scheme);
  if (options.format == "gguf")
    write_gguf(config, tensors, tokenizer, options);
  else
    write_hf(config, *scheme, tensors, tokenizer, options);
}

}  // namespace retort
