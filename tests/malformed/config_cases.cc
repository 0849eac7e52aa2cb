// Folders with good weights whose config.json or generation_config.json is wrong.
#include <fmt/format.h>

#include <algorithm>

#include "tests/malformed/bytes.h"
#include "tests/malformed/malformed_files.h"

namespace retort::malformed {
namespace {

constexpr ErrorCode kBad = ErrorCode::bad_input, kUnsupported = ErrorCode::unsupported;

struct Row {
  std::string name;
  std::string config;
  std::vector<std::string> parts;
  ErrorCode code = kBad;
};

using Members = std::vector<std::pair<std::string, std::string>>;

Members good_llama() {
  return {
      {"architectures", R"(["LlamaForCausalLM"])"},
      {"model_type", R"("llama")"},
      {"hidden_size", "56"},
      {"intermediate_size", "128"},
      {"num_hidden_layers", "1"},
      {"num_attention_heads", "14"},
      {"num_key_value_heads", "2"},
      {"vocab_size", "32"},
      {"max_position_embeddings", "128"},
      {"rms_norm_eps", "1e-6"},
      {"rope_theta", "10000.0"},
      {"hidden_act", R"("silu")"},
      {"tie_word_embeddings", "true"},
      {"eos_token_id", "2"},
  };
}

/// The members as text, with one replaced, added (key not among them), or left out (empty value).
std::string changed(Members members, std::string_view key, std::string_view value) {
  auto found = std::find_if(members.begin(), members.end(), [&](const auto& m) { return m.first == key; });
  if (found == members.end())
    members.emplace_back(key, value);
  else
    found->second = value;
  std::string out;
  for (const auto& [k, v] : members)
    if (!v.empty()) out += fmt::format("{}\n  \"{}\": {}", out.empty() ? "{" : ",", k, v);
  return out + "\n}\n";
}

std::string with(std::string_view key, std::string_view value) {
  return changed(good_llama(), key, value);
}

std::string with_experts(std::string_view key, std::string_view value) {
  Members members = good_llama();
  members[0].second = R"(["MixtralForCausalLM"])";
  members[1].second = R"("mixtral")";
  members.emplace_back("num_local_experts", "8");
  members.emplace_back("num_experts_per_tok", "2");
  return changed(std::move(members), key, value);
}

std::string many_keys(size_t n) {
  std::string out = "{";
  for (size_t i = 0; i < n; ++i) out += fmt::format("{}\"k{}\":0", i ? "," : "", i);
  return out + "}";
}

std::string nested(size_t depth) {
  std::string open, close;
  for (size_t i = 0; i < depth; ++i) open += "{\"a\":", close += "}";
  return open + "1" + close;
}

std::vector<Row> texts() {
  return {
      {"empty", "", {"config.json", "not JSON"}},
      {"not_json", "{\"hidden_size\": }", {"line 1", "not JSON"}},
      {"nul_bytes", std::string(16, '\0'), {"not JSON"}},
      {"list", "[]", {"a list, expected an object"}},
      {"null", "null", {"expected an object"}},
      {"deep", nested(10'000), {"nested more than 16 deep"}},
      {"over_a_megabyte", "{\"a\":\"" + std::string(1 << 20, 'a') + "\"}", {"1048584 bytes", "1048576"}},
      {"many_keys", many_keys(50'000), {"neither architectures nor model_type"}},
      {"key_twice", R"({"vocab_size": 1, "vocab_size": 2})", {"'vocab_size' stands twice"}},
      {"key_of_two_lines", "{\"a\\nb\": 1, \"a\\nb\": 2}", {"a\\x0ab"}},
      {"number_over_double", with("rope_theta", "1e400"), {"not JSON", "number overflow"}},
      {"lone_surrogate", with("torch_dtype", R"("\ud800")"), {"not JSON"}},
  };
}

std::vector<Row> values() {
  return {
      {"architecture_unknown",
       with("architectures", R"(["GemmaForCausalLM"])"),
       {"architecture 'GemmaForCausalLM' is not supported; supported: Qwen2ForCausalLM, LlamaForCausalLM, "
        "MixtralForCausalLM"},
       kUnsupported},
      {"architecture_number",
       with("architectures", "[3]"),
       {"architectures is 3, expected a list of strings"}},
      {"architecture_string", with("architectures", R"("LlamaForCausalLM")"), {"expected a list of strings"}},
      {"model_type_differs", with("model_type", R"("qwen2")"), {"'LlamaForCausalLM'", "'qwen2'"}},
      {"no_architecture", "{}", {"neither architectures nor model_type"}},
      {"layers_missing", with("num_hidden_layers", ""), {"num_hidden_layers is missing"}},
      {"layers_null", with("num_hidden_layers", "null"), {"num_hidden_layers is missing"}},
      {"layers_0", with("num_hidden_layers", "0"), {"num_hidden_layers 0 is outside 1 to 4096"}},
      {"layers_negative", with("num_hidden_layers", "-1"), {"-1 is outside"}},
      {"layers_huge", with("num_hidden_layers", "2147483648"), {"2147483648 is outside"}},
      {"layers_over_64_bits", with("num_hidden_layers", "18446744073709551616"), {"num_hidden_layers"}},
      {"layers_2_64_less_1",
       with("num_hidden_layers", "18446744073709551615"),
       {"18446744073709551615 is outside"}},
      {"layers_string",
       with("num_hidden_layers", R"("28")"),
       {"num_hidden_layers is \"28\", expected an integer"}},
      {"layers_fraction", with("num_hidden_layers", "1.5"), {"1.5, expected an integer"}},
      {"layers_list", with("num_hidden_layers", "[1]"), {"a list, expected an integer"}},
      {"hidden_huge", with("hidden_size", "4294967296"), {"hidden_size 4294967296 is outside"}},
      {"hidden_not_divisible",
       with("hidden_size", "57"),
       {"hidden_size 57 is not divisible by num_attention_heads 14"}},
      {"heads_0", with("num_attention_heads", "0"), {"num_attention_heads 0 is outside"}},
      {"heads_not_divisible",
       with("num_key_value_heads", "4"),
       {"config.json: num_attention_heads 14 is not divisible by num_key_value_heads 4"}},
      {"kv_heads_0", with("num_key_value_heads", "0"), {"num_key_value_heads 0 is outside"}},
      {"head_dim_odd", with("head_dim", "5"), {"head_dim 5 is not an even number"}},
      {"head_dim_0", with("head_dim", "0"), {"head_dim 0 is outside"}},
      {"vocabulary_0", with("vocab_size", "0"), {"vocab_size 0 is outside"}},
      {"vocabulary_huge", with("vocab_size", "1099511627776"), {"vocab_size 1099511627776 is outside"}},
      {"positions_huge", with("max_position_embeddings", "1e18"), {"max_position_embeddings"}},
      {"eps_0", with("rms_norm_eps", "0"), {"rms_norm_eps 0 is outside"}},
      {"eps_string", with("rms_norm_eps", R"("1e-6")"), {"rms_norm_eps", "expected a number"}},
      {"theta_0", with("rope_theta", "0"), {"rope_theta 0 is outside"}},
      {"theta_negative", with("rope_theta", "-10000"), {"rope_theta -10000 is outside"}},
      {"act_gelu",
       with("hidden_act", R"("gelu")"),
       {"hidden_act 'gelu' is not supported; supported: silu"},
       kUnsupported},
      {"act_number", with("hidden_act", "1"), {"hidden_act is 1, expected a string"}},
      {"tie_string",
       with("tie_word_embeddings", R"("yes")"),
       {"tie_word_embeddings", "expected true or false"}},
      {"sliding_window",
       with("use_sliding_window", "true"),
       {"use_sliding_window true is not supported"},
       kUnsupported},
      {"mlp_bias", with("mlp_bias", "true"), {"mlp_bias true is not supported"}, kUnsupported},
      {"layer_types",
       with("layer_types", R"(["full_attention", "sliding_attention"])"),
       {"'sliding_attention'"},
       kUnsupported},
      {"partial_rotary", with("partial_rotary_factor", "0.5"), {"partial_rotary_factor"}, kUnsupported},
      {"eos_past_vocabulary",
       with("eos_token_id", "32"),
       {"eos_token_id 32 is not in the vocabulary: vocab_size is 32"}},
      {"eos_list_past_vocabulary", with("eos_token_id", "[1, 151643]"), {"eos_token_id 151643"}},
      {"eos_string", with("eos_token_id", R"("</s>")"), {"eos_token_id is \"</s>\", expected an integer"}},
      {"bos_past_vocabulary", with("bos_token_id", "99"), {"bos_token_id 99"}},
  };
}

std::vector<Row> experts() {
  auto total = [](std::string_view value) { return with_experts("num_local_experts", value); };
  auto used = [](std::string_view value) { return with_experts("num_experts_per_tok", value); };
  return {
      {"experts_missing", total(""), {"num_local_experts is missing"}},
      {"experts_0", total("0"), {"num_local_experts 0 is outside 1 to 4096"}},
      {"experts_negative", total("-8"), {"num_local_experts -8 is outside"}},
      {"experts_2_31", total("2147483648"), {"num_local_experts 2147483648 is outside 1 to 4096"}},
      {"experts_string", total(R"("8")"), {"num_local_experts is \"8\", expected an integer"}},
      {"experts_used_missing", used(""), {"num_experts_per_tok is missing"}},
      {"experts_used_0", used("0"), {"num_experts_per_tok 0 is outside"}},
      {"experts_used_9_of_8", used("9"), {"num_experts_per_tok 9 is more than num_local_experts 8"}},
      {"experts_window",
       with_experts("sliding_window", "64"),
       {"sliding_window 64 is below max_position_embeddings 128"},
       kUnsupported},
      {"experts_window_0", with_experts("sliding_window", "0"), {"sliding_window 0 is outside"}},
  };
}

std::vector<Row> scaling_and_quantization() {
  auto rope = [](std::string_view value) { return with("rope_scaling", value); };
  auto quantization = [](std::string_view value) { return with("quantization_config", value); };
  const std::string int4 =
      R"({"quant_method":"compressed-tensors","format":"pack-quantized","config_groups":{"group_0":{"weights":{"num_bits":4,"type":"int","strategy":"group"}}}})";
  const std::string per_tensor =
      R"({"quant_method":"compressed-tensors","config_groups":{"group_0":{"weights":{"num_bits":8,"type":"float","strategy":"tensor"}}}})";
  return {
      {"rope_string", rope(R"("linear")"), {"rope_scaling", "expected an object"}},
      {"rope_unknown",
       rope(R"({"rope_type":"longrope","factor":2})"),
       {"rope_type 'longrope' is not supported"},
       kUnsupported},
      {"rope_types_differ",
       rope(R"({"rope_type":"yarn","type":"linear","factor":2})"),
       {"'yarn'", "'linear'", "differ"}},
      {"rope_no_factor", rope(R"({"type":"linear"})"), {"rope_scaling: factor is missing"}},
      {"rope_factor_0", rope(R"({"type":"linear","factor":0})"), {"rope_scaling: factor 0 is outside"}},
      {"rope_factor_string", rope(R"({"type":"yarn","factor":"4"})"), {"factor", "expected a number"}},
      {"llama3_no_context",
       rope(R"({"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4})"),
       {"original_max_position_embeddings is missing"}},
      {"llama3_frequencies",
       rope(
           R"({"rope_type":"llama3","factor":8,"low_freq_factor":4,"high_freq_factor":4,"original_max_position_embeddings":64})"),
       {"high_freq_factor 4 is not above low_freq_factor 4"}},
      {"llama3_low_0",
       rope(
           R"({"rope_type":"llama3","factor":8,"low_freq_factor":0,"high_freq_factor":4,"original_max_position_embeddings":64})"),
       {"low_freq_factor 0"}},
      {"yarn_betas",
       rope(R"({"type":"yarn","factor":4,"beta_fast":1,"beta_slow":32})"),
       {"beta_fast 1 is below beta_slow 32"}},
      {"quantization_list", quantization("[]"), {"quantization_config", "expected an object"}},
      {"quantization_nameless", quantization("{}"), {"quant_method is missing"}},
      {"awq",
       quantization(R"({"quant_method":"awq","bits":4})"),
       {"quant_method 'awq' is not supported; supported: fp8"},
       kUnsupported},
      {"gptq",
       quantization(R"({"quant_method":"gptq","bits":4})"),
       {"'gptq' is not supported"},
       kUnsupported},
      {"bitsandbytes",
       quantization(R"({"quant_method":"bitsandbytes"})"),
       {"'bitsandbytes' is not supported"},
       kUnsupported},
      {"packed_int4", quantization(int4), {"group_size is missing"}, kBad},
      {"fp8_per_tensor",
       quantization(per_tensor),
       {"strategy 'tensor' in format 'float-quantized' is not supported"},
       kUnsupported},
      {"fp8_block_64",
       quantization(R"({"quant_method":"fp8","weight_block_size":[64,64]})"),
       {"[64, 64] is not supported"},
       kUnsupported},
      {"fp8_block_string",
       quantization(R"({"quant_method":"fp8","weight_block_size":"128"})"),
       {"expected an integer"}},
      {"fp8_no_block",
       quantization(R"({"quant_method":"fp8"})"),
       {"without weight_block_size"},
       kUnsupported},
  };
}

std::vector<Row> generation() {
  return {
      {"text", "[1]", {"generation_config.json", "expected an object"}},
      {"temperature_string", R"({"temperature":"hot"})", {"temperature is \"hot\", expected a number"}},
      {"temperature_negative", R"({"temperature":-0.6})", {"temperature -0.6 is outside"}},
      {"top_p_2", R"({"top_p":2})", {"top_p 2 is outside"}},
      {"top_k_negative", R"({"top_k":-5})", {"top_k -5 is outside"}},
      {"penalty_0", R"({"repetition_penalty":0})", {"repetition_penalty 0 is outside"}},
      {"eos_string", R"({"eos_token_id":["x"]})", {"eos_token_id is \"x\", expected an integer"}},
      {"tokens_0", R"({"max_new_tokens":0})", {"max_new_tokens 0 is outside"}},
  };
}

const std::string kWeights =
    safetensors(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}      )", 8);

}  // namespace

std::vector<Case> write_config_cases(const std::filesystem::path& folder) {
  std::vector<Case> cases;
  auto add = [&](const std::string& path, const Row& row, std::string_view config,
                 std::string_view generation_config) {
    write_file(folder / path / "model.safetensors", kWeights);
    write_file(folder / path / "config.json", config);
    if (!generation_config.empty()) write_file(folder / path / "generation_config.json", generation_config);
    cases.push_back({path, row.code, row.parts});
  };
  const std::string good = with("hidden_act", R"("silu")");
  for (const auto& rows : {texts(), values(), experts(), scaling_and_quantization()})
    for (const Row& row : rows) add("config/" + row.name, row, row.config, "");
  for (const Row& row : generation()) add("generation/" + row.name, row, good, row.config);
  add("config/good_experts", Row{}, with_experts("router_aux_loss_coef", "0.02"), "");
  add("config/good", Row{}, good, R"({"temperature":0.6,"top_p":0.95,"eos_token_id":[2]})");
  write_file(folder / "config_missing/model.safetensors", kWeights);
  cases.push_back({"config_missing", ErrorCode::not_found, {"no config.json"}});
  write_file(folder / "config_is_folder/model.safetensors", kWeights);
  std::filesystem::create_directories(folder / "config_is_folder/config.json");
  cases.push_back({"config_is_folder", kBad, {"config.json: not a regular file"}});
  return cases;
}

}  // namespace retort::malformed
