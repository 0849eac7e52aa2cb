#include "retort/formats/generation_config.h"

#include <string>

#include "retort/base/error.h"
#include "retort/formats/checkpoint.h"
#include "retort/formats/json_fields.h"

namespace retort {
namespace {

constexpr int64_t kBillion = 1'000'000'000;
constexpr Range<double> kTemperature{0.0, 100.0}, kTopP{1e-6, 1.0}, kMinP{0.0, 1.0}, kPenalty{1e-3, 1000.0};

/// llama.cpp's keys for recommended sampling.
GenerationConfig from_gguf(const GgufMetadata& metadata) {
  auto number = [&](const char* key, Range<double> range) {
    auto value = metadata.find<double>(key);
    if (value && !(*value >= range.least && *value <= range.most))
      fail(ErrorCode::bad_input, "{}: key '{}' {} is outside {} to {}", metadata.where(), key, *value,
           range.least, range.most);
    return value;
  };
  GenerationConfig generation;
  generation.temperature = number("general.sampling.temp", kTemperature);
  generation.top_p = number("general.sampling.top_p", kTopP);
  generation.min_p = number("general.sampling.min_p", kMinP);
  generation.repetition_penalty = number("general.sampling.penalty_repeat", kPenalty);
  if (auto k = number("general.sampling.top_k", {-1.0, static_cast<double>(kBillion)}); k && *k >= 0.0)
    generation.top_k = static_cast<int64_t>(*k);
  return generation;
}

}  // namespace

GenerationConfig parse_generation_config(const Json& json, std::string_view where) {
  const JsonFields fields(json, std::string(where));
  GenerationConfig generation;
  generation.do_sample = fields.boolean("do_sample");
  generation.temperature = fields.number("temperature", kTemperature);
  generation.top_p = fields.number("top_p", kTopP);
  generation.min_p = fields.number("min_p", kMinP);
  generation.top_k = fields.integer("top_k", {0, kBillion});
  generation.repetition_penalty = fields.number("repetition_penalty", kPenalty);
  generation.max_new_tokens = fields.integer("max_new_tokens", {1, kBillion});
  generation.eos_token_ids = fields.integers("eos_token_id", {-1, (int64_t{1} << 24) - 1});
  std::erase(generation.eos_token_ids, -1);
  return generation;
}

GenerationConfig read_generation_config(const Checkpoint& checkpoint) {
  if (checkpoint.layout() == Layout::gguf) return from_gguf(checkpoint.metadata());
  const auto text = checkpoint.text("generation_config.json");
  if (!text) return {};
  const std::string where = (checkpoint.files().front().parent_path() / "generation_config.json").string();
  return parse_generation_config(parse_config_json(*text, where), where);
}

}  // namespace retort
