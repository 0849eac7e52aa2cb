// make_seeds DIR: writes small valid files with this project's own writers under
// DIR/{safetensors,gguf,config}.
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "retort/base/file.h"
#include "retort/formats/gguf_writer.h"
#include "retort/formats/safetensors_writer.h"

namespace {

using namespace retort;
namespace fs = std::filesystem;

template <typename Writer>
void fill(Writer& writer, const std::vector<TensorSpec>& tensors) {
  for (const auto& spec : tensors) writer.write(spec.name, std::vector<std::byte>(checked_bytes(spec)));
  writer.finish();
}

void safetensors(const fs::path& path, const std::vector<TensorSpec>& tensors,
                 const std::vector<std::pair<std::string, std::string>>& metadata) {
  SafetensorsWriter writer(path, tensors, metadata);
  fill(writer, tensors);
}

void gguf(const fs::path& path, const GgufFields& fields, const std::vector<TensorSpec>& tensors,
          uint32_t alignment) {
  GgufWriter writer(path, fields, tensors, alignment);
  fill(writer, tensors);
}

GgufFields model(const std::string& architecture) {
  GgufFields fields;
  auto key = [&](const char* name) { return architecture + "." + name; };
  fields.set_string("general.architecture", architecture);
  fields.set_u32(key("block_count"), 2);
  fields.set_u32(key("embedding_length"), 64);
  fields.set_u32(key("feed_forward_length"), 128);
  fields.set_u32(key("attention.head_count"), 4);
  fields.set_u32(key("attention.head_count_kv"), 2);
  fields.set_f32(key("attention.layer_norm_rms_epsilon"), 1e-6f);
  fields.set_f32(key("rope.freq_base"), 10000.0f);
  fields.set_string(key("rope.scaling.type"), "yarn");
  fields.set_f32(key("rope.scaling.factor"), 4.0f);
  fields.set_u32(key("context_length"), 128);
  const std::string tokens[] = {"a", "b", "<eos>"};
  fields.set_strings("tokenizer.ggml.tokens", tokens);
  fields.set_u32("tokenizer.ggml.eos_token_id", 2);
  return fields;
}

constexpr const char* kQwen2 = R"({"architectures":["Qwen2ForCausalLM"],"model_type":"qwen2","hidden_size":64,
"intermediate_size":128,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,"vocab_size":32,
"max_position_embeddings":128,"rms_norm_eps":1e-6,"rope_theta":10000,"hidden_act":"silu","eos_token_id":[1,2]})";
constexpr const char* kLlama =
    R"({"architectures":["LlamaForCausalLM"],"hidden_size":64,"intermediate_size":128,
"num_hidden_layers":2,"num_attention_heads":4,"vocab_size":32,"max_position_embeddings":128,"head_dim":16,
"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,
"original_max_position_embeddings":64},"quantization_config":{"quant_method":"fp8","weight_block_size":[128,128]}})";
constexpr const char* kGeneration =
    R"({"do_sample":true,"temperature":0.6,"top_p":0.95,"top_k":20,"eos_token_id":[1],"max_new_tokens":100})";
constexpr const char* kCompressed =
    R"({"quant_method":"compressed-tensors","format":"float-quantized","ignore":["lm_head"],
"config_groups":{"group_0":{"weights":{"num_bits":8,"type":"float","strategy":"channel","symmetric":true}}}})";
constexpr const char* kIndex =
    R"({"metadata":{"total_size":8},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}})";

void make(const fs::path& folder) {
  for (const char* name : {"safetensors", "gguf", "config"}) fs::create_directories(folder / name);
  safetensors(folder / "safetensors/one", {{"a", DType::f32, {2, 2}}}, {});
  safetensors(folder / "safetensors/types",
              {{"a", DType::bf16, {4, 16}},
               {"b", DType::f8_e4m3, {3}},
               {"c", DType::i32, {1, 1, 2}},
               {"s", DType::f16, {}}},
              {{"format", "pt"}});
  gguf(folder / "gguf/qwen2", model("qwen2"), {{"token_embd.weight", DType::q8_0, {3, 64}}}, 32);
  gguf(folder / "gguf/llama", model("llama"), {{"a", DType::f32, {8}}, {"b", DType::q4_k, {2, 256}}}, 64);
  gguf(folder / "gguf/empty", {}, {}, 32);
  const std::pair<const char*, const char*> texts[] = {{"qwen2", kQwen2},
                                                       {"llama", kLlama},
                                                       {"generation", kGeneration},
                                                       {"compressed", kCompressed},
                                                       {"index", kIndex}};
  for (const auto& [name, text] : texts) write_file_atomic(folder / "config" / name, text);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_seeds DIR\n");
    return 2;
  }
  make(argv[1]);
  return 0;
}
