#include "retort/compress/pruned_shape.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "retort/base/error.h"

namespace retort::compress {
namespace {

constexpr int64_t kWide = 512, kGrain = 64, kSmallGrain = 16;

int64_t grain_of(int64_t width) {
  return width >= kWide ? kGrain : kSmallGrain;
}

/// Of so many layers and hidden channels, the widest MLP that comes under the size; none below half the
/// base's.
std::optional<PrunedShape> widest(const ModelConfig& base, int64_t layers, int64_t hidden,
                                  int64_t parameters) {
  ModelConfig c = base;
  c.num_hidden_layers = layers;
  c.hidden_size = hidden;
  const int64_t grain = grain_of(base.intermediate_size);
  for (int64_t inner = base.intermediate_size; 2 * inner >= base.intermediate_size;
       inner = (inner - 1) / grain * grain) {
    c.intermediate_size = inner;
    if (const int64_t n = parameter_count(c); n <= parameters)
      return PrunedShape{"", layers, hidden, inner, n};
    if (inner <= grain) break;
  }
  return std::nullopt;
}

/// The widest hidden size for so many layers.
std::optional<PrunedShape> widest(const ModelConfig& base, int64_t layers, int64_t parameters) {
  const int64_t grain = grain_of(base.hidden_size);
  for (int64_t hidden = base.hidden_size; hidden > 0 && 2 * hidden >= base.hidden_size;
       hidden = (hidden - 1) / grain * grain)
    if (auto shape = widest(base, layers, hidden, parameters)) return shape;
  return std::nullopt;
}

std::string difference(const ModelConfig& base, const PrunedShape& shape) {
  std::string how;
  auto add = [&](bool differs, const char* what) {
    if (differs) how += (how.empty() ? "" : ", ") + std::string(what);
  };
  add(shape.intermediate_size != base.intermediate_size, "MLP");
  add(shape.hidden_size != base.hidden_size, "hidden channels");
  add(shape.num_hidden_layers != base.num_hidden_layers, "layers");
  return how;
}

/// Layers go, all widths stay.
std::optional<PrunedShape> depth_alone(const ModelConfig& base, int64_t parameters) {
  ModelConfig c = base;
  for (c.num_hidden_layers = base.num_hidden_layers - 1; c.num_hidden_layers > 0; --c.num_hidden_layers)
    if (const int64_t n = parameter_count(c); n <= parameters)
      return PrunedShape{"layers alone", c.num_hidden_layers, c.hidden_size, c.intermediate_size, n};
  return std::nullopt;
}

/// Hidden channels go, as many as it takes.
std::optional<PrunedShape> hidden_alone(const ModelConfig& base, int64_t parameters) {
  ModelConfig c = base;
  const int64_t grain = grain_of(base.hidden_size);
  while ((c.hidden_size = (c.hidden_size - 1) / grain * grain) > 0)
    if (const int64_t n = parameter_count(c); n <= parameters)
      return PrunedShape{"hidden channels alone", c.num_hidden_layers, c.hidden_size, c.intermediate_size, n};
  return std::nullopt;
}

int64_t smallest(const ModelConfig& base) {
  ModelConfig c = base;
  c.num_hidden_layers = 1;
  auto half = [](int64_t width) {
    const int64_t grain = grain_of(width);
    return std::min(width, ((width + 1) / 2 + grain - 1) / grain * grain);
  };
  c.hidden_size = half(base.hidden_size);
  c.intermediate_size = half(base.intermediate_size);
  return parameter_count(c);
}

}  // namespace

int64_t parameter_count(const ModelConfig& c) {
  const int64_t q = c.num_attention_heads * c.head_dim, kv = c.num_key_value_heads * c.head_dim,
                h = c.hidden_size;
  const int64_t biases = (c.attention_bias ? q + 2 * kv : 0) + (c.attention_output_bias ? h : 0);
  const int64_t layer = 2 * h + h * (q + 2 * kv) + q * h + 3 * h * c.intermediate_size + biases;
  return c.vocab_size * h * (c.tie_word_embeddings ? 1 : 2) + c.num_hidden_layers * layer + h;
}

int64_t parse_size(std::string_view text, int64_t whole) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  const double scale = unit.empty()                 ? 1
                       : unit == "k" || unit == "K" ? 1e3
                       : unit == "M"                ? 1e6
                       : unit == "B" || unit == "G" ? 1e9
                                                    : 0;
  const bool share = unit.empty() && value < 1;
  const double size = share ? value * static_cast<double>(whole) : value * scale;
  if (error != std::errc() || scale == 0 || !(value > 0) || !(size >= 1) || size > 1e15)
    fail(ErrorCode::bad_input, "--to: '{}' is no size; write parameters (900M, 1.2B) or a share (0.7)", text);
  return std::llround(size);
}

ShapeChoice choose_shape(const ModelConfig& base, int64_t parameters, std::string_view where) {
  const int64_t whole = parameter_count(base);
  if (parameters >= whole)
    fail(ErrorCode::bad_input, "{}: has {} parameters, --to asks for {}: pruning only makes smaller", where,
         whole, parameters);
  for (int64_t layers = base.num_hidden_layers; layers > 0; --layers) {
    auto shape = widest(base, layers, parameters);
    if (!shape) continue;
    ShapeChoice choice{*shape, {}};
    choice.chosen.how = difference(base, *shape);
    if (auto hidden = hidden_alone(base, parameters)) choice.others.push_back(*hidden);
    if (auto depth = depth_alone(base, parameters)) choice.others.push_back(*depth);
    return choice;
  }
  fail(ErrorCode::bad_input,
       "{}: no shape of at most {} parameters keeps half of its widths; the smallest has {}. Cut less, "
       "distil, and cut "
       "again, or name the shape with --layers, --hidden, --intermediate",
       where, parameters, smallest(base));
}

}  // namespace retort::compress
