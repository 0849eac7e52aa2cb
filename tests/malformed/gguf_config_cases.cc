// GGUF files that are well-formed but whose metadata describe no model.
#include <limits>

#include "tests/malformed/bytes.h"
#include "tests/malformed/malformed_files.h"

namespace retort::malformed {
namespace {

constexpr ErrorCode kBad = ErrorCode::bad_input, kUnsupported = ErrorCode::unsupported;

struct Row {
  std::string name;
  std::string key, value;  // an empty value removes the key
  std::vector<std::string> parts;
  ErrorCode code = kBad;
};

std::vector<Row> rows() {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  const std::string two_layers = array(5, 2, le<int32_t>(4) + le<int32_t>(2));
  return {
      {"architecture_missing", "general.architecture", "", {"key 'general.architecture' is missing"}},
      {"architecture_unknown",
       "general.architecture",
       string("mamba"),
       {"'mamba' is not supported; supported: qwen2, llama"},
       kUnsupported},
      {"architecture_number", "general.architecture", u32(3), {"general.architecture", "expected a string"}},
      {"block_count_missing", "llama.block_count", "", {"llama.block_count' is missing"}},
      {"block_count_0", "llama.block_count", u32(0), {"llama.block_count' 0 is outside 1 to 4096"}},
      {"block_count_huge", "llama.block_count", u32(0xffffffff), {"4294967295 is outside"}},
      {"block_count_wraps",
       "llama.block_count",
       u64(~uint64_t{0}),
       {"llama.block_count", "18446744073709551615"}},
      {"block_count_negative", "llama.block_count", i32(-1), {"-1 is outside"}},
      {"block_count_string", "llama.block_count", string("28"), {"of type string", "expected an integer"}},
      {"block_count_float", "llama.block_count", f32(28.0f), {"of type f32", "expected an integer"}},
      {"embedding_length_0", "llama.embedding_length", u32(0), {"llama.embedding_length' 0 is outside"}},
      {"embedding_length_huge", "llama.embedding_length", u32(1u << 31), {"2147483648 is outside"}},
      {"embedding_length_odd", "llama.embedding_length", u32(66), {"66 is not divisible", "head_count 4"}},
      {"feed_forward_length_missing", "llama.feed_forward_length", "", {"feed_forward_length' is missing"}},
      {"heads_0", "llama.attention.head_count", u32(0), {"head_count' 0 is outside"}},
      {"heads_not_divisible",
       "llama.attention.head_count_kv",
       u32(3),
       {"head_count 4 is not divisible", "head_count_kv 3"}},
      {"kv_heads_0", "llama.attention.head_count_kv", u32(0), {"head_count_kv' 0 is outside"}},
      {"heads_differ_between_layers",
       "llama.attention.head_count",
       two_layers,
       {"differs between layers (4 and 2)"},
       kUnsupported},
      {"heads_array_empty", "llama.attention.head_count", array(4, 0, ""), {"array of 0 values"}},
      {"heads_array_of_strings", "llama.attention.head_count", array(8, 1, text("4")), {"of type string"}},
      {"head_size_odd", "llama.attention.key_length", u32(15), {"key_length 15 is not an even number"}},
      {"head_sizes_differ",
       "llama.attention.value_length",
       u32(32),
       {"value_length' 32 differs"},
       kUnsupported},
      {"partial_rotary", "llama.rope.dimension_count", u32(8), {"dimension_count' 8 differs"}, kUnsupported},
      {"experts_used_missing", "llama.expert_count", u32(8), {"'llama.expert_used_count' is missing"}},
      {"experts_2_31",
       "llama.expert_count",
       u32(1u << 31),
       {"llama.expert_count' 2147483648 is outside 0 to 4096"}},
      {"experts_negative", "llama.expert_count", i32(-8), {"llama.expert_count' -8 is outside"}},
      {"experts_string", "llama.expert_count", string("8"), {"of type string", "expected an integer"}},
      {"more_predicted_layers_than_layers",
       "llama.nextn_predict_layers",
       u32(4),
       {"nextn_predict_layers' 4 is not supported"},
       kUnsupported},
      {"eps_missing", "llama.attention.layer_norm_rms_epsilon", "", {"layer_norm_rms_epsilon' is missing"}},
      {"eps_infinite", "llama.attention.layer_norm_rms_epsilon", f32(inf), {"inf is outside"}},
      {"eps_0", "llama.attention.layer_norm_rms_epsilon", f32(0), {"0 is outside"}},
      {"rope_base_nan", "llama.rope.freq_base", f32(nan), {"nan is outside"}},
      {"rope_base_0", "llama.rope.freq_base", f32(0), {"freq_base' 0 is outside"}},
      {"rope_scaling_unknown",
       "llama.rope.scaling.type",
       string("longrope"),
       {"'longrope' is not supported"},
       kUnsupported},
      {"rope_scaling_number", "llama.rope.scaling.type", u32(1), {"expected a string"}},
      {"context_missing", "llama.context_length", "", {"context_length' is missing"}},
      {"context_0", "llama.context_length", u32(0), {"context_length' 0 is outside"}},
      {"vocabulary_missing", "llama.vocab_size", "", {"vocab_size", "0 tokens"}},
      {"vocabulary_huge", "llama.vocab_size", u32(1u << 30), {"1073741824 is outside"}},
      {"vocabulary_below_eos",
       "tokenizer.ggml.eos_token_id",
       u32(32),
       {"eos_token_id 32 is not in the vocabulary"}},
      {"vocabulary_below_bos", "tokenizer.ggml.bos_token_id", u32(128000), {"bos_token_id 128000"}},
      {"eos_string", "tokenizer.ggml.eos_token_id", string("</s>"), {"eos_token_id", "expected an integer"}},
      {"sampling_temperature_negative",
       "general.sampling.temp",
       f32(-1),
       {"general.sampling.temp' -1 is outside"}},
  };
}

/// Changes of a model that uses 2 of 8 experts.
std::vector<Row> expert_rows() {
  return {
      {"experts_used_0", "llama.expert_used_count", u32(0), {"expert_used_count' 0 is outside 1 to 4096"}},
      {"experts_used_9_of_8",
       "llama.expert_used_count",
       u32(9),
       {"llama.expert_used_count 9 is more than llama.expert_count 8"}},
      {"experts_gating",
       "llama.expert_gating_func",
       u32(2),
       {"expert_gating_func' 2 is not supported; supported: 1"},
       kUnsupported},
      {"experts_shared",
       "llama.expert_shared_count",
       u32(1),
       {"expert_shared_count' 1 is not supported; supported: 0"},
       kUnsupported},
      {"experts_narrower",
       "llama.expert_feed_forward_length",
       u32(32),
       {"expert_feed_forward_length' 32 is not supported"},
       kUnsupported},
      {"good_experts", "llama.expert_gating_func", u32(1), {}},
  };
}

}  // namespace

std::vector<Case> write_gguf_config_cases(const std::filesystem::path& folder) {
  std::vector<Case> cases;
  for (const Row& row : rows()) {
    Gguf file = llama_with_tensor();
    if (row.value.empty())
      file.remove(row.key);
    else
      file.set(row.key, row.value);
    const std::string path = "gguf_config/" + row.name + ".gguf";
    write_file(folder / path, file.bytes());
    cases.push_back({path, row.code, row.parts});
  }
  for (const Row& row : expert_rows()) {
    Gguf file = llama_with_tensor();
    file.set("llama.expert_count", u32(8)).set("llama.expert_used_count", u32(2)).set(row.key, row.value);
    const std::string path = "gguf_config/" + row.name + ".gguf";
    write_file(folder / path, file.bytes());
    cases.push_back({path, row.code, row.parts});
  }
  // Tokens that are no strings, where their number is needed.
  Gguf numbers = llama_with_tensor();
  numbers.remove("llama.vocab_size").set("tokenizer.ggml.tokens", array(4, 1, le<uint32_t>(7)));
  write_file(folder / "gguf_config/tokens_are_numbers.gguf", numbers.bytes());
  cases.push_back({"gguf_config/tokens_are_numbers.gguf", kBad, {"expected an array of strings"}});
  write_file(folder / "gguf_config/good.gguf", llama_with_tensor().bytes());
  cases.push_back({"gguf_config/good.gguf", kBad, {}});
  return cases;
}

}  // namespace retort::malformed
