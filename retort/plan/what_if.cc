#include "retort/plan/what_if.h"

#include <fmt/core.h>

#include <charconv>
#include <cmath>

#include "retort/base/error.h"
#include "retort/base/nearest.h"

namespace retort::plan {
namespace {

struct ShapeKey {
  std::string_view key;
  int64_t ModelShape::*member;
};
constexpr ShapeKey kShapeKeys[] = {
    {"vocab_size", &ModelShape::vocab_size},
    {"hidden_size", &ModelShape::hidden_size},
    {"intermediate_size", &ModelShape::intermediate_size},
    {"num_hidden_layers", &ModelShape::num_hidden_layers},
    {"num_attention_heads", &ModelShape::num_attention_heads},
    {"num_key_value_heads", &ModelShape::num_key_value_heads},
    {"head_dim", &ModelShape::head_dim},
    {"max_position_embeddings", &ModelShape::max_position_embeddings},
    {"num_experts_per_tok", &ModelShape::num_experts_per_tok},
};

struct LoadKey {
  std::string_view key;
  int64_t Load::*member;
};
constexpr LoadKey kLoadKeys[] = {
    {"step_tokens", &Load::step_tokens},
    {"distinct_tokens", &Load::distinct_tokens},
    {"tokenizer_tokens", &Load::tokenizer_tokens},
};

constexpr std::string_view kDeviceKeys[] = {"bandwidth", "memory", "peak", "overhead", "watts"};

enum class Of { model, load, device };

std::vector<std::pair<std::string, Of>> all_keys() {
  std::vector<std::pair<std::string, Of>> keys;
  for (const ShapeKey& row : kShapeKeys) keys.emplace_back(row.key, Of::model);
  for (const LoadKey& row : kLoadKeys) keys.emplace_back(row.key, Of::load);
  for (const std::string_view key : kDeviceKeys) keys.emplace_back(key, Of::device);
  return keys;
}

WhatIf parse_one(std::string_view text) {
  const size_t equals = text.find('=');
  WhatIf out{std::string(text.substr(0, equals)), 0};
  const std::string_view number = equals == std::string_view::npos ? "" : text.substr(equals + 1);
  std::vector<std::string> names;
  const Of* of = nullptr;
  const auto keys = all_keys();
  for (const auto& [key, where] : keys) {
    names.push_back(key);
    if (key == out.key) of = &where;
  }
  if (of == nullptr)
    fail(ErrorCode::bad_input, "plan: --what-if '{}' is not known{} (known: {})", out.key,
         did_you_mean(out.key, names), what_if_keys());
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), out.value);
  const bool whole = *of == Of::device || out.value == std::floor(out.value);
  const double most = *of == Of::device ? 1e3 : 16777216;
  if (error != std::errc{} || end != number.data() + number.size() || !whole || !(out.value > 0) ||
      out.value > most)
    fail(ErrorCode::bad_input, "plan: --what-if {}={}: a {} above 0 and up to {} is expected", out.key,
         number, *of == Of::device ? "factor" : "whole number", most);
  return out;
}

void scale(Fact& fact, double factor) {
  fact.value *= factor;
  fact.obtained = Obtained::predicted;
  fact.source += fmt::format(", times {:g} (what if)", factor);
}

}  // namespace

std::vector<WhatIf> parse_what_if(std::string_view text) {
  std::vector<WhatIf> out;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    out.push_back(parse_one(text.substr(0, comma)));
    text = comma == std::string_view::npos ? "" : text.substr(comma + 1);
  }
  return out;
}

std::string what_if_keys() {
  std::string model, load, device;
  for (const auto& [key, of] : all_keys()) {
    std::string& text = of == Of::model ? model : of == Of::load ? load : device;
    text += (text.empty() ? "" : ", ") + key;
  }
  return fmt::format("of the model {}; of the load {}; times what the device has {}", model, load, device);
}

void apply_what_ifs(const std::vector<WhatIf>& what_ifs, ModelShape& shape) {
  for (const WhatIf& what_if : what_ifs)
    for (const ShapeKey& row : kShapeKeys)
      if (row.key == what_if.key) {
        shape.*row.member = static_cast<int64_t>(what_if.value);
        shape.stored.clear();
        shape.source += fmt::format(", with {} = {:g} (what if)", what_if.key, what_if.value);
      }
  if (shape.num_key_value_heads > 0 && shape.num_attention_heads % shape.num_key_value_heads != 0)
    fail(ErrorCode::bad_input,
         "plan: --what-if: num_attention_heads {} is not divisible by num_key_value_heads {}",
         shape.num_attention_heads, shape.num_key_value_heads);
  if (shape.num_experts_per_tok > shape.n_routed_experts)
    fail(ErrorCode::bad_input, "plan: --what-if: num_experts_per_tok {} exceeds the {} experts of {}",
         shape.num_experts_per_tok, shape.n_routed_experts, shape.name);
}

void apply_what_ifs(const std::vector<WhatIf>& what_ifs, Load& load) {
  for (const WhatIf& what_if : what_ifs)
    for (const LoadKey& row : kLoadKeys)
      if (row.key == what_if.key) load.*row.member = static_cast<int64_t>(what_if.value);
}

void apply_what_ifs(const std::vector<WhatIf>& what_ifs, Device& device) {
  for (const auto& [key, value] : what_ifs) {
    if (key == "bandwidth") scale(device.read_bytes_per_second, value);
    if (key == "memory") scale(device.memory_bytes, value);
    if (key == "overhead") {
      scale(device.efficiencies.step_seconds, value);
      scale(device.efficiencies.layer_seconds, value);
    }
    if (key == "peak")
      for (auto& peak : device.peaks)
        if (peak) scale(*peak, value);
    if (key == "watts" && device.watts) scale(*device.watts, value);
  }
}

}  // namespace retort::plan
