// config.json, generation_config.json and model.safetensors.index.json. The mutator inserts members that the
// readers ask for.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "fuzz/expect.h"
#include "retort/base/random.h"
#include "retort/formats/generation_config.h"
#include "retort/formats/json_fields.h"
#include "retort/formats/model_config.h"
#include "retort/formats/safetensors_index.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace retort;
  const std::string text(reinterpret_cast<const char*>(data), size);
  fuzz::expect_answer_or_error([&] {
    const ModelConfig config = parse_hf_config(parse_config_json(text, "f"), "f");
    if (config.head_dim % 2 != 0 || config.num_attention_heads % config.num_key_value_heads != 0)
      std::abort();
    if (!(config.rms_norm_eps > 0) || !(config.rope_theta >= 1) || !(config.rope_scaling.factor >= 1))
      std::abort();
    for (int64_t id : config.eos_token_ids)
      if (id < 0 || id >= config.vocab_size) std::abort();
  });
  fuzz::expect_answer_or_error([&] { parse_generation_config(parse_config_json(text, "f"), "f"); });
  fuzz::expect_answer_or_error([&] { parse_quantization_config(parse_config_json(text, "f"), "f"); });
  fuzz::expect_answer_or_error([&] { parse_safetensors_index(text, "f"); });
  return 0;
}

namespace {

constexpr std::string_view kPieces[] = {
    "\"architectures\":[\"LlamaForCausalLM\"],",
    "\"hidden_size\":64,",
    "\"num_attention_heads\":4,",
    "\"num_key_value_heads\":",
    "\"head_dim\":16,",
    "\"vocab_size\":32,",
    "\"num_hidden_layers\":1,",
    "\"intermediate_size\":128,",
    "\"max_position_embeddings\":128,",
    "\"rope_scaling\":{\"rope_type\":\"llama3\",",
    "\"rope_parameters\":{\"rope_theta\":1e4,",
    "\"type\":\"yarn\",",
    "\"factor\":8,",
    "\"low_freq_factor\":1,",
    "\"high_freq_factor\":4,",
    "\"original_max_position_embeddings\":64,",
    "\"beta_fast\":32,",
    "\"attention_factor\":",
    "\"eos_token_id\":[1,2],",
    "\"quantization_config\":{\"quant_method\":\"fp8\",",
    "\"weight_block_size\":[128,128],",
    "\"quant_method\":\"compressed-tensors\",\"config_groups\":{\"g\":{\"weights\":{\"num_bits\":8,\"type\":"
    "\"float\",\"strategy\":\"channel\"}}},",
    "\"temperature\":0.6,",
    "\"top_p\":0.95,",
    "\"top_k\":-1,",
    "\"weight_map\":{\"a\":\"m.safetensors\",",
    "null",
    "1e308",
    "-1",
    "18446744073709551616",
    "9223372036854775808",
    "[",
    "]",
    "{",
    "}",
    "\"\\u0000\""};

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  retort::Random random(seed);
  const std::string_view piece = kPieces[random.below(std::size(kPieces))];
  if (random.below(3) != 0 || size + piece.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  const size_t at = random.below(size + 1);
  std::memmove(data + at + piece.size(), data + at, size - at);
  std::memcpy(data + at, piece.data(), piece.size());
  return size + piece.size();
}
