// Models as compressed-tensors and DeepSeek-V3 quantise them, run by the engine: their logits against those
// of the same weights decoded to f32, and what is said of files whose parts do not fit.
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <map>

#include "retort/base/file.h"
#include "retort/base/random.h"
#include "retort/formats/safetensors_writer.h"
#include "retort/formats/temporary_folder.h"
#include "retort/model/architecture.h"
#include "retort/tensor/codec.h"

namespace retort {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kVocab = 48, kHidden = 160, kIntermediate = 256, kHeads = 5, kKvHeads = 1, kHeadDim = 32;

enum class Scheme { int8, int4, fp8_channel, fp8_weights_only, fp8_block };

struct SchemeRow {
  Scheme scheme;
  std::string_view name;
  DType weight;             // as the codec encodes it
  float largest;            // of the integers or floats that a scale multiplies
  int64_t rows, columns;    // that share a scale; 0: the whole row
  std::string_view config;  // of config.json
  double tolerance;         // relative error of the logits, root mean square
};

// The tolerances come from what activations lose: each of the four products in a row of the one layer adds a
// relative error of its own. BF16 rounds by 2^-9 / sqrt(3) = 0.001 at most; 8 bits under the largest of a few
// hundred normal values, 3 to 4 deviations, by 3.5 / 127 / sqrt(12) = 0.008; E4M3 by 2^-4 / sqrt(3) = 0.036
// at most.
constexpr SchemeRow kSchemes[] = {
    {Scheme::int8, "int8", DType::i8, 127, 1, 0,
     R"({"quant_method": "compressed-tensors", "format": "int-quantized", "ignore": ["lm_head"], "config_groups": {
      "group_0": {"targets": ["Linear"], "weights": {"num_bits": 8, "type": "int", "strategy": "channel"},
      "input_activations": {"num_bits": 8, "type": "int", "strategy": "token", "dynamic": true}}}})",
     4 * 0.008},
    {Scheme::int4, "int4", DType::i4, 7, 1, 32,
     R"({"quant_method": "compressed-tensors", "format": "pack-quantized", "ignore": ["lm_head"], "config_groups": {
      "group_0": {"targets": ["Linear"], "input_activations": null,
      "weights": {"num_bits": 4, "type": "int", "strategy": "group", "group_size": 32, "actorder": null}}}})",
     4 * 0.001},
    {Scheme::fp8_channel, "fp8_channel", DType::f8_e4m3, 448, 1, 0,
     R"({"quant_method": "compressed-tensors", "format": "float-quantized", "ignore": ["lm_head"], "config_groups": {
      "group_0": {"targets": ["Linear"], "weights": {"num_bits": 8, "type": "float", "strategy": "channel"},
      "input_activations": {"num_bits": 8, "type": "float", "strategy": "token", "dynamic": true}}}})",
     4 * 0.036},
    {Scheme::fp8_weights_only, "fp8_weights_only", DType::f8_e4m3, 448, 1, 0,
     R"({"quant_method": "compressed-tensors", "format": "float-quantized", "ignore": ["lm_head"], "config_groups": {
      "group_0": {"targets": ["Linear"], "weights": {"num_bits": 8, "type": "float", "strategy": "channel"},
      "input_activations": null}}})",
     4 * 0.001},
    {Scheme::fp8_block, "fp8_block", DType::f8_e4m3, 448, 128, 128,
     R"({"quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic", "weight_block_size": [128, 128]})",
     4 * 0.036},
};
const SchemeRow& row_of(Scheme scheme) {
  return kSchemes[static_cast<int>(scheme)];
}

struct Stored {
  DType dtype;
  Shape shape;
  std::vector<std::byte> bytes;
};
using Tensors = std::map<std::string, Stored>;

Stored stored(DType dtype, const Shape& shape, const std::vector<float>& values) {
  const int64_t n = shape.columns(), bytes = row_bytes(dtype, n);
  Stored out{dtype, shape, std::vector<std::byte>(static_cast<size_t>(shape.rows() * bytes))};
  for (int64_t r = 0; r < shape.rows(); ++r)
    encode_row(dtype, &values[static_cast<size_t>(r * n)], out.bytes.data() + r * bytes, n);
  return out;
}

std::vector<float> random_values(const std::string& name, int64_t n, float size) {
  Random random(std::hash<std::string>{}(name));
  std::vector<float> values(static_cast<size_t>(n));
  for (auto& x : values) x = size * random.normal();
  return values;
}

/// A matrix quantised under a scheme, and the same decoded. Scales are BF16 numbers.
struct Quantized {
  Stored weight, scale, decoded;
};

Quantized quantized(const SchemeRow& s, const std::string& name, int64_t out, int64_t in) {
  auto w = random_values(name, out * in, 1 / std::sqrt(static_cast<float>(in)));
  const int64_t columns = s.columns == 0 ? in : s.columns;
  const int64_t row_blocks = (out + s.rows - 1) / s.rows, column_blocks = (in + columns - 1) / columns;
  std::vector<float> scales(static_cast<size_t>(row_blocks * column_blocks));
  const auto scale_at = [&](int64_t r, int64_t c) -> float& {
    return scales[static_cast<size_t>(r / s.rows * column_blocks + c / columns)];
  };
  for (int64_t r = 0; r < out; ++r)
    for (int64_t c = 0; c < in; ++c) {
      float& scale = scale_at(r, c);
      scale = std::max(scale, to_f32(to_bf16(std::fabs(w[static_cast<size_t>(r * in + c)]) / s.largest)));
    }
  for (int64_t r = 0; r < out; ++r)
    for (int64_t c = 0; c < in; ++c) w[static_cast<size_t>(r * in + c)] /= scale_at(r, c);
  Quantized q{stored(s.weight, {out, in}, w), stored(DType::bf16, {row_blocks, column_blocks}, scales), {}};
  for (int64_t r = 0; r < out; ++r)
    decode_row(s.weight, q.weight.bytes.data() + r * row_bytes(s.weight, in), &w[static_cast<size_t>(r * in)],
               in);
  for (int64_t r = 0; r < out; ++r)
    for (int64_t c = 0; c < in; ++c) w[static_cast<size_t>(r * in + c)] *= scale_at(r, c);
  q.decoded = stored(DType::f32, {out, in}, w);
  return q;
}

void add_linear(const SchemeRow& s, const std::string& module, int64_t out, int64_t in, bool decoded,
                Tensors& all) {
  Quantized q = quantized(s, module, out, in);
  if (decoded) {
    all[module + ".weight"] = q.decoded;
    return;
  }
  const bool packed = s.scheme == Scheme::int4;
  if (packed) {
    q.weight.dtype = DType::i32, q.weight.shape = {out, in / 8};
    all[module + ".weight_shape"] =
        stored(DType::i64, {2}, {static_cast<float>(out), static_cast<float>(in)});
  }
  all[module + (packed ? ".weight_packed" : ".weight")] = q.weight;
  all[module + (s.scheme == Scheme::fp8_block ? ".weight_scale_inv" : ".weight_scale")] = q.scale;
}

Tensors tensors_of(const SchemeRow& s, bool decoded) {
  Tensors all;
  const auto add = [&](const std::string& name, const Shape& shape, float size) {
    all[name] = stored(DType::f32, shape, random_values(name, shape.elements(), size));
  };
  const std::string at = "model.layers.0.";
  add("model.embed_tokens.weight", {kVocab, kHidden}, 1);
  add("model.norm.weight", {kHidden}, 1);
  add("lm_head.weight", {kVocab, kHidden}, 0.1f);
  add(at + "input_layernorm.weight", {kHidden}, 1);
  add(at + "post_attention_layernorm.weight", {kHidden}, 1);
  const int64_t q = kHeads * kHeadDim, kv = kKvHeads * kHeadDim;
  add_linear(s, at + "self_attn.q_proj", q, kHidden, decoded, all);
  add_linear(s, at + "self_attn.k_proj", kv, kHidden, decoded, all);
  add_linear(s, at + "self_attn.v_proj", kv, kHidden, decoded, all);
  add_linear(s, at + "self_attn.o_proj", kHidden, q, decoded, all);
  add_linear(s, at + "mlp.gate_proj", kIntermediate, kHidden, decoded, all);
  add_linear(s, at + "mlp.up_proj", kIntermediate, kHidden, decoded, all);
  add_linear(s, at + "mlp.down_proj", kHidden, kIntermediate, decoded, all);
  return all;
}

class QuantizedLoader : public TemporaryFolder {
 protected:
  std::filesystem::path write(const Tensors& tensors, std::string_view quantization) const {
    std::vector<TensorSpec> specs;
    for (const auto& [name, t] : tensors) specs.push_back({name, t.dtype, t.shape});
    std::filesystem::remove(dir / "model.safetensors");
    SafetensorsWriter writer(dir / "model.safetensors", specs, {});
    for (const auto& [name, t] : tensors) writer.write(name, t.bytes);
    writer.finish();
    write_file_atomic(
        dir / "config.json",
        fmt::format(R"({{"architectures": ["LlamaForCausalLM"], "hidden_size": {}, "intermediate_size": {},
        "num_hidden_layers": 1, "num_attention_heads": {}, "num_key_value_heads": {}, "head_dim": {},
        "vocab_size": {}, "max_position_embeddings": 128, "rms_norm_eps": 1e-5, "tie_word_embeddings": false{}}})",
                    kHidden, kIntermediate, kHeads, kKvHeads, kHeadDim, kVocab,
                    quantization.empty() ? std::string()
                                         : fmt::format(", \"quantization_config\": {}", quantization)));
    return dir;
  }

  static std::vector<float> logits(const std::filesystem::path& path, Repack repack = Repack::now,
                                   kernels::KvDType kv = kernels::KvDType::bf16) {
    Checkpoint checkpoint = Checkpoint::open(path);
    const ModelConfig config = read_model_config(checkpoint);
    ThreadPool pool(2);
    Arena arena;
    auto table = kernels::kernel_table(kernels::choose_isa());
    Context ctx{pool, arena, table};
    auto model = load_causal_lm(ctx, checkpoint, config, {.repack = repack});
    KvCache cache({kv, static_cast<int>(kKvHeads), static_cast<int>(kHeadDim)}, 1, 1);
    const int32_t tokens[] = {3, 1, 4, 1, 5, 9, 2, 6, 5}, pages[] = {0};
    SequenceStep step{tokens, 0, pages, 9};
    Tensor y = model->forward(ctx, {&step, 1}, cache);
    return {y.f32(), y.f32() + y.shape().elements()};
  }

  /// Root mean square of the difference over that of `wanted`.
  static double relative_error(const std::vector<float>& y, const std::vector<float>& wanted) {
    double error = 0, size = 0;
    for (size_t i = 0; i < y.size(); ++i) {
      error += std::pow(static_cast<double>(y[i]) - wanted[i], 2);
      size += std::pow(static_cast<double>(wanted[i]), 2);
    }
    return std::sqrt(error / size);
  }

  double error_of(Scheme scheme) const {
    const SchemeRow& s = row_of(scheme);
    const auto wanted = logits(write(tensors_of(s, true), ""));
    return relative_error(logits(write(tensors_of(s, false), s.config)), wanted);
  }

  std::string message_of(const Tensors& tensors, std::string_view config) const {
    const auto path = write(tensors, config);
    const std::string message = error_message([&] { logits(path); });
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    return message;
  }
};

TEST_F(QuantizedLoader, LogitsAreThoseOfTheDecodedWeightsButForWhatActivationsLose) {
  for (const SchemeRow& s : kSchemes) {
    const double error = error_of(s.scheme);
    EXPECT_LT(error, s.tolerance) << s.name;
    EXPECT_GT(error, s.tolerance / 100) << s.name << ": activations are not rounded at all";
  }
}

TEST_F(QuantizedLoader, ActivationsAreRoundedToE4m3OnlyWhereTheConfigurationSaysSo) {
  EXPECT_GT(error_of(Scheme::fp8_channel), 5 * error_of(Scheme::fp8_weights_only));
}

TEST_F(QuantizedLoader, RepackingDoesNotChangeABit) {
  for (const SchemeRow& s : kSchemes) {
    const auto path = write(tensors_of(s, false), s.config);
    EXPECT_EQ(logits(path, Repack::now), logits(path, Repack::never)) << s.name;
  }
}

TEST_F(QuantizedLoader, AnFp8CacheLosesWhatItsThreeBitsLose) {
  const auto path = write(tensors_of(row_of(Scheme::int4), false), row_of(Scheme::int4).config);
  const double error = relative_error(logits(path, Repack::now, kernels::KvDType::fp8), logits(path));
  EXPECT_GT(error, 1e-4);
  EXPECT_LT(error, 2 * 0.036);  // keys and values
}

TEST_F(QuantizedLoader, MissingScalesAreNamed) {
  const std::string module = "model.layers.0.mlp.up_proj";
  for (const SchemeRow& s : kSchemes) {
    Tensors tensors = tensors_of(s, false);
    const std::string scale =
        module + (s.scheme == Scheme::fp8_block ? ".weight_scale_inv" : ".weight_scale");
    tensors.erase(scale);
    EXPECT_THAT(message_of(tensors, s.config), HasSubstr("no tensor '" + scale + "'")) << s.name;
  }
}

TEST_F(QuantizedLoader, PartsThatDoNotFitAreRefusedWithTheirShapes) {
  const std::string module = "model.layers.0.self_attn.o_proj";
  const SchemeRow &int4 = row_of(Scheme::int4), &int8 = row_of(Scheme::int8);
  Tensors tensors = tensors_of(int4, false);
  tensors[module + ".weight_packed"] = stored(DType::i32, {kHidden, 8}, std::vector<float>(kHidden * 8));
  EXPECT_THAT(message_of(tensors, int4.config),
              HasSubstr("o_proj.weight_packed' is i32 of shape [160, 8], i32 of shape [160, 20] expected"));
  tensors = tensors_of(int4, false);
  tensors[module + ".weight_scale"] = stored(DType::bf16, {kHidden, 2}, std::vector<float>(kHidden * 2));
  EXPECT_THAT(message_of(tensors, int4.config),
              HasSubstr("o_proj.weight_scale' has shape [160, 2], groups of 32 make [160, 5]"));
  tensors = tensors_of(int4, false);
  std::string config(int4.config);
  config.replace(config.find("\"group_size\": 32"), 16, "\"group_size\": 64");
  EXPECT_THAT(message_of(tensors, config), HasSubstr("160 columns are not divisible into groups of 64"));
  tensors = tensors_of(int4, false);
  tensors[module + ".weight_zero_point"] = stored(DType::i32, {20, 5}, std::vector<float>(100));
  EXPECT_THAT(message_of(tensors, int4.config), HasSubstr("o_proj.weight_zero_point' is not supported"));
  tensors = tensors_of(int8, false);
  tensors[module + ".weight_scale"] = stored(DType::bf16, {kHidden, 2}, std::vector<float>(kHidden * 2));
  EXPECT_THAT(message_of(tensors, int8.config),
              HasSubstr("weight_scale has shape [160, 2], 160 elements expected"));
  EXPECT_THAT(message_of(tensors_of(int8, false), ""),
              HasSubstr("is of type i8, which quantization_config does not"));
  EXPECT_THAT(message_of(tensors_of(int4, false), ""),
              HasSubstr("but quantization_config is of no 4-bit format"));
}

}  // namespace
}  // namespace retort
