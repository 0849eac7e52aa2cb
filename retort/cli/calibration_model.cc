#include "retort/cli/calibration_model.h"

#include <fmt/core.h>
#include <stdlib.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/base/random.h"
#include "retort/formats/gguf_names.h"
#include "retort/formats/gguf_writer.h"
#include "retort/formats/safetensors_writer.h"
#include "retort/model/architecture.h"
#include "retort/tensor/codec.h"

namespace retort::cli {
namespace {

constexpr int64_t kContext = 4096;  // positions that the model says it knows

/// A folder that goes with the object, and with it what is in it. What is mapped stays until it is unmapped.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "retort-calibration-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
      fail(ErrorCode::resource, "{}: cannot make a folder there; TMPDIR names another place", name);
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct Part {
  TensorSpec spec;
  float mean = 0, deviation = 0;
};

/// The tensors of a Qwen2 decoder by Hugging Face's names.
class Parts {
 public:
  Parts(const CalibrationShape& shape, DType matrices) : s_(shape), matrices_(matrices) {
    all_.push_back({{"model.embed_tokens.weight", DType::bf16, {s_.vocabulary, s_.hidden}}, 0, 1.0f});
    for (int64_t i = 0; i < s_.layers; ++i) layer(fmt::format("model.layers.{}.", i));
    vector("model.norm.weight", s_.hidden, 1.0f);
    // FP8 files leave the head as it is (compressed-tensors, "ignore").
    matrix("lm_head", s_.vocabulary, s_.hidden, matrices_ == DType::f8_e4m3 ? DType::bf16 : matrices_);
  }
  const std::vector<Part>& all() const { return all_; }

 private:
  void layer(const std::string& at) {
    const int64_t q = s_.heads * s_.head_dim, kv = s_.kv_heads * s_.head_dim;
    vector(at + "input_layernorm.weight", s_.hidden, 1.0f);
    matrix(at + "self_attn.q_proj", q, s_.hidden, matrices_);
    matrix(at + "self_attn.k_proj", kv, s_.hidden, matrices_);
    matrix(at + "self_attn.v_proj", kv, s_.hidden, matrices_);
    for (const auto& [name, n] : {std::pair("q", q), {"k", kv}, {"v", kv}})
      vector(fmt::format("{}self_attn.{}_proj.bias", at, name), n, 0.0f);
    matrix(at + "self_attn.o_proj", s_.hidden, q, matrices_);
    vector(at + "post_attention_layernorm.weight", s_.hidden, 1.0f);
    matrix(at + "mlp.gate_proj", s_.intermediate, s_.hidden, matrices_);
    matrix(at + "mlp.up_proj", s_.intermediate, s_.hidden, matrices_);
    matrix(at + "mlp.down_proj", s_.hidden, s_.intermediate, matrices_);
  }

  void matrix(const std::string& module, int64_t out, int64_t in, DType type) {
    const float deviation = 1.0f / std::sqrt(static_cast<float>(in));
    if (type != DType::f8_e4m3) {
      all_.push_back({{module + ".weight", type, {out, in}}, 0, deviation});
      return;
    }
    // The stored values use FP8's range; the scale of each row brings them back.
    all_.push_back({{module + ".weight", type, {out, in}}, 0, 64.0f});
    all_.push_back({{module + ".weight_scale", DType::f32, {out, 1}}, deviation / 64.0f, 0});
  }

  void vector(const std::string& name, int64_t n, float mean) {
    all_.push_back({{name, DType::f32, {n}}, mean, 0.1f});
  }

  const CalibrationShape& s_;
  DType matrices_;
  std::vector<Part> all_;
};

/// Rows of a matrix are drawn from a few that were encoded: as fast to make as to copy.
void write_part(TensorWriter& writer, const std::string& name, const Part& part, Random& random) {
  constexpr int64_t kPool = 64;
  const int64_t columns = part.spec.shape.columns(), rows = part.spec.shape.rows();
  const int64_t bytes = row_bytes(part.spec.dtype, columns), pool = std::min(rows, kPool);
  std::vector<float> row(static_cast<size_t>(columns));
  std::vector<std::byte> encoded(static_cast<size_t>(pool * bytes));
  for (int64_t r = 0; r < pool; ++r) {
    for (float& x : row) x = part.mean + part.deviation * random.normal();
    encode_row(part.spec.dtype, row.data(), encoded.data() + r * bytes, columns);
  }
  for (int64_t begin = 0; begin < rows; begin += pool) {
    const int64_t n = std::min(pool, rows - begin);
    writer.write(name, std::span(encoded).first(static_cast<size_t>(n * bytes)),
                 static_cast<uint64_t>(begin * bytes));
  }
}

void write_gguf(const std::filesystem::path& path, const CalibrationShape& s,
                const std::vector<Part>& parts) {
  GgufFields fields;
  fields.set_string("general.architecture", "qwen2");
  fields.set_string("retort.weights", "random");
  const auto set = [&](const char* key, int64_t value) {
    fields.set_u32(std::string("qwen2.") + key, static_cast<uint32_t>(value));
  };
  set("block_count", s.layers);
  set("context_length", kContext);
  set("embedding_length", s.hidden);
  set("feed_forward_length", s.intermediate);
  set("attention.head_count", s.heads);
  set("attention.head_count_kv", s.kv_heads);
  set("rope.dimension_count", s.head_dim);
  set("vocab_size", s.vocabulary);
  fields.set_f32("qwen2.attention.layer_norm_rms_epsilon", 1e-6f);
  fields.set_f32("qwen2.rope.freq_base", 10000.0f);
  std::vector<TensorSpec> specs;
  for (const Part& part : parts)
    specs.push_back({*gguf_tensor_name(part.spec.name), part.spec.dtype, part.spec.shape});
  GgufWriter writer(path, fields, specs);
  Random random(1);
  for (size_t i = 0; i < parts.size(); ++i) write_part(writer, specs[i].name, parts[i], random);
  writer.finish();
}

void write_safetensors(const std::filesystem::path& folder, const CalibrationShape& s,
                       const std::vector<Part>& parts) {
  const Json weights{{"num_bits", 8}, {"type", "float"}, {"strategy", "channel"}, {"symmetric", true}};
  const Json config{{"architectures", {"Qwen2ForCausalLM"}},
                    {"model_type", "qwen2"},
                    {"hidden_act", "silu"},
                    {"hidden_size", s.hidden},
                    {"intermediate_size", s.intermediate},
                    {"num_hidden_layers", s.layers},
                    {"num_attention_heads", s.heads},
                    {"num_key_value_heads", s.kv_heads},
                    {"head_dim", s.head_dim},
                    {"vocab_size", s.vocabulary},
                    {"max_position_embeddings", kContext},
                    {"rms_norm_eps", 1e-6},
                    {"rope_theta", 10000.0},
                    {"tie_word_embeddings", false},
                    {"torch_dtype", "bfloat16"},
                    {"retort.weights", "random"},
                    {"quantization_config",
                     {{"quant_method", "compressed-tensors"},
                      {"format", "float-quantized"},
                      {"ignore", {"lm_head"}},
                      {"config_groups", {{"group_0", {{"targets", {"Linear"}}, {"weights", weights}}}}}}}};
  write_file_atomic(folder / "config.json", config.dump());
  std::vector<TensorSpec> specs;
  for (const Part& part : parts) specs.push_back(part.spec);
  SafetensorsWriter writer(folder / "model.safetensors", specs, {{"format", "pt"}});
  Random random(1);
  for (const Part& part : parts) write_part(writer, part.spec.name, part, random);
  writer.finish();
}

}  // namespace

double CalibrationShape::layer_weights() const {
  const int64_t q = heads * head_dim, kv = kv_heads * head_dim;
  return static_cast<double>(2 * q * hidden + 2 * kv * hidden + 3 * hidden * intermediate);
}

kernels::KvLayout CalibrationModel::kv_layout() const {
  return {kernels::KvDType::bf16, static_cast<int>(model->config().num_key_value_heads),
          static_cast<int>(model->config().head_dim)};
}

CalibrationModel make_calibration_model(Context& context, const CalibrationShape& shape, DType matrices) {
  const ScratchFolder folder;
  std::filesystem::path path = folder.path();
  const Parts parts(shape, matrices);
  if (matrices == DType::f8_e4m3)  // GGUF has no such type
    write_safetensors(path, shape, parts.all());
  else
    write_gguf(path = path / "model.gguf", shape, parts.all());
  const Checkpoint checkpoint = Checkpoint::open(path);
  return {load_causal_lm(context, checkpoint, read_model_config(checkpoint))};
}

}  // namespace retort::cli
