#include "retort/model/trainable.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "retort/base/check.h"
#include "retort/base/error.h"
#include "retort/base/random.h"
#include "retort/model/decoder_loader.h"
#include "retort/model/induction_heads.h"
#include "retort/ops/real.h"
#include "retort/ops/row_shares.h"
#include "retort/tensor/codec.h"
#include "retort/tensor/float_formats.h"

namespace retort {
namespace {

// ---- the list of parameters ----------------------------------------------------------------------------

struct Entry {
  std::string name;
  Shape shape;
  bool linear = true;   // a linear layer's matrix, as opposed to a table or a vector
  bool router = false;  // of a mixture
};

void add_linear(std::vector<Entry>& list, const std::string& module, int64_t out, int64_t in, bool bias) {
  list.push_back({module + ".weight", {out, in}});
  if (bias) list.push_back({module + ".bias", {out}, false});
}

void add_mlp(std::vector<Entry>& list, const ModelConfig& c, const std::string& at) {
  add_linear(list, at + "mlp.gate_proj", c.intermediate_size, c.hidden_size, false);
  add_linear(list, at + "mlp.up_proj", c.intermediate_size, c.hidden_size, false);
  add_linear(list, at + "mlp.down_proj", c.hidden_size, c.intermediate_size, false);
}

/// w1, w3 and w2 are gate, up and down.
void add_experts(std::vector<Entry>& list, const ModelConfig& c, const std::string& at) {
  list.push_back({at + "gate.weight", {c.num_local_experts, c.hidden_size}, true, /*router=*/true});
  for (int64_t e = 0; e < c.num_local_experts; ++e) {
    const std::string expert = fmt::format("{}experts.{}.", at, e);
    add_linear(list, expert + "w1", c.intermediate_size, c.hidden_size, false);
    add_linear(list, expert + "w3", c.intermediate_size, c.hidden_size, false);
    add_linear(list, expert + "w2", c.hidden_size, c.intermediate_size, false);
  }
}

void add_layer(std::vector<Entry>& list, const ModelConfig& c, int64_t index) {
  const std::string at = fmt::format("model.layers.{}.", index);
  const int64_t q = c.num_attention_heads * c.head_dim, kv = c.num_key_value_heads * c.head_dim;
  list.push_back({at + "input_layernorm.weight", {c.hidden_size}, false});
  add_linear(list, at + "self_attn.q_proj", q, c.hidden_size, c.attention_bias);
  add_linear(list, at + "self_attn.k_proj", kv, c.hidden_size, c.attention_bias);
  add_linear(list, at + "self_attn.v_proj", kv, c.hidden_size, c.attention_bias);
  add_linear(list, at + "self_attn.o_proj", c.hidden_size, q, c.attention_output_bias);
  list.push_back({at + "post_attention_layernorm.weight", {c.hidden_size}, false});
  c.has_experts() ? add_experts(list, c, at + "block_sparse_moe.") : add_mlp(list, c, at);
}

void check(const ModelConfig& c, DType products) {
  if (c.architecture != "qwen2" && c.architecture != "llama" && c.architecture != "mixtral")
    fail(ErrorCode::unsupported,
         "training: architecture '{}' is not supported; supported: qwen2, llama, mixtral", c.architecture);
  if (c.quantization.kind != QuantizationConfig::Kind::none)
    fail(ErrorCode::unsupported,
         "training: the weights are quantised; start from a checkpoint in BF16 or F32");
  if (products != DType::f64 && (c.head_dim % 16 != 0 || c.head_dim > 256))
    fail(ErrorCode::unsupported, "training: head_dim {} is not a multiple of 16 up to 256", c.head_dim);
}

std::vector<Entry> list_entries(const ModelConfig& c) {
  std::vector<Entry> list;
  // A tied head is a linear layer over the table.
  list.push_back({"model.embed_tokens.weight", {c.vocab_size, c.hidden_size}, c.tie_word_embeddings});
  for (int64_t i = 0; i < c.num_hidden_layers; ++i) add_layer(list, c, i);
  list.push_back({"model.norm.weight", {c.hidden_size}, false});
  if (!c.tie_word_embeddings) list.push_back({"lm_head.weight", {c.vocab_size, c.hidden_size}});
  return list;
}

/// What formats of few bits have so: embedding and head stay in BF16 there (compressed-tensors' convention).
bool in_quantised_formats(const Entry& entry) {
  return entry.linear && !entry.router && entry.name.starts_with("model.layers.");
}

std::vector<Parameter> make_parameters(const ModelConfig& c, DType products) {
  check(c, products);
  std::vector<Parameter> parameters;
  for (const Entry& entry : list_entries(c))
    parameters.push_back(entry.router ? make_router_parameter(entry.name, entry.shape, products)
                                      : make_parameter(entry.name, entry.shape, products, entry.linear));
  return parameters;
}

// ---- a decoder over them -------------------------------------------------------------------------------

const Parameter* find_in(std::span<const Parameter> parameters, std::string_view name) {
  const auto found =
      std::find_if(parameters.begin(), parameters.end(), [&](const Parameter& p) { return p.name == name; });
  return found == parameters.end() ? nullptr : &*found;
}

/// The modules of a decoder by their names.
struct Modules {
  std::span<const Parameter> parameters;

  const Parameter& get(const std::string& name) const {
    const Parameter* parameter = find_in(parameters, name);
    RETORT_CHECK(parameter != nullptr);
    return *parameter;
  }
  Tensor vector(const std::string& name) const { return get(name).value; }
  Linear linear(const std::string& module) const {
    return trainable_linear(get(module + ".weight"), find_in(parameters, module + ".bias"));
  }
};

Mlp mlp_of(const Modules& modules, const std::string& at) {
  return {modules.linear(at + "gate_proj"), modules.linear(at + "up_proj"), modules.linear(at + "down_proj")};
}

MoeBlock experts_of(const Modules& modules, const ModelConfig& c, int64_t index) {
  const std::string at = fmt::format("model.layers.{}.block_sparse_moe.", index);
  const Parameter& router = modules.get(at + "gate.weight");
  MoeBlock::Weights w;
  w.router = router.value;
  w.router_transposed = router.transposed.view();
  for (int64_t e = 0; e < c.num_local_experts; ++e) {
    const std::string expert = fmt::format("{}experts.{}.", at, e);
    w.gate_proj.push_back(modules.linear(expert + "w1"));
    w.up_proj.push_back(modules.linear(expert + "w3"));
    w.down_proj.push_back(modules.linear(expert + "w2"));
  }
  return {static_cast<int>(index), c.num_experts_per_tok, std::move(w)};
}

DecoderLayer layer_of(const Modules& modules, const ModelConfig& c, int64_t index) {
  const std::string at = fmt::format("model.layers.{}.", index);
  DecoderLayer layer;
  layer.input_norm = modules.vector(at + "input_layernorm.weight");
  layer.post_attention_norm = modules.vector(at + "post_attention_layernorm.weight");
  layer.q_proj = modules.linear(at + "self_attn.q_proj");
  layer.k_proj = modules.linear(at + "self_attn.k_proj");
  layer.v_proj = modules.linear(at + "self_attn.v_proj");
  layer.o_proj = modules.linear(at + "self_attn.o_proj");
  if (c.has_experts())
    layer.mlp = experts_of(modules, c, index);
  else
    layer.mlp = mlp_of(modules, at + "mlp.");
  return layer;
}

DecoderWeights weights_of(const ModelConfig& c, std::span<const Parameter> parameters) {
  const Modules modules{parameters};
  DecoderWeights w;
  w.embed_tokens = modules.get("model.embed_tokens.weight").value.view();
  for (int64_t i = 0; i < c.num_hidden_layers; ++i) w.layers.push_back(layer_of(modules, c, i));
  w.norm = modules.vector("model.norm.weight");
  w.lm_head = modules.linear(c.tie_word_embeddings ? "model.embed_tokens" : "lm_head");
  w.rope_style = RopeStyle::half;  // of Hugging Face's layout
  w.rope = RopeTable(rope_parameters(c));
  return w;
}

// ---- values from masters -------------------------------------------------------------------------------

/// A part of a parameter whose values one thread makes: rows of its value, or columns of its master for the
/// transposed. Where there is a grid, rows of both: a scale belongs to rows.
struct RefreshTask {
  const Parameter* parameter;
  bool transposed;
  int64_t begin, end;
};

constexpr int64_t kTaskColumns = 64;

std::vector<RefreshTask> refresh_tasks(std::span<const Parameter> parameters) {
  std::vector<RefreshTask> tasks;
  for (const Parameter& p : parameters) {
    const auto cut = [&](bool transposed, int64_t n, int64_t step) {
      for (int64_t i = 0; i < n; i += step) tasks.push_back({&p, transposed, i, std::min(n, i + step)});
    };
    if (p.grid != nullptr) {
      cut(false, p.value.rows(), share_rows(p.value.columns()));
      continue;
    }
    if (p.value.bytes() != p.master.bytes()) cut(false, p.value.rows(), share_rows(p.value.columns()));
    if (p.transposed.bytes()) cut(true, p.master.columns(), kTaskColumns);
  }
  return tasks;
}

/// Columns [begin, end) of a master as rows of the transposed, rounded as the value is: a router's.
void transpose_rounded(const Parameter& p, int64_t begin, int64_t end) {
  for (int64_t j = begin; j < end; ++j)
    for (int64_t i = 0; i < p.master.rows(); ++i)
      p.transposed.row(j)[i] = to_f32(to_bf16(p.master.row(i)[j]));
}

/// Rows [begin, end) as a quantised file would give them back.
void refresh_on_grid(Context& ctx, const Parameter& p, int64_t begin, int64_t end) {
  const int64_t n = p.master.columns(), rows = end - begin;
  auto* value = reinterpret_cast<bf16*>(p.value.bytes()) + begin * n;
  const auto& e = elementwise<float>(ctx);
  e.to_bf16(p.master.row(begin), rows * n, value);
  std::vector<float> rounded(static_cast<size_t>(rows * n));
  for (int64_t i = 0; i < rows * n; ++i) rounded[static_cast<size_t>(i)] = to_f32(value[i]);
  for (int64_t i = 0; i < rows; ++i)
    round_to_grid(*p.grid, rounded.data() + i * n, rounded.data() + i * n, n);
  e.to_bf16(rounded.data(), rows * n, value);
  products<float>(ctx, DType::bf16)
      .round_columns(rounded.data(), n, rows, n, p.transposed.bytes() + begin * row_bytes(DType::bf16, 1),
                     p.transposed.view().row_bytes());
}

template <typename T>
void refresh_part(Context& ctx, const RefreshTask& task) {
  const Parameter& p = *task.parameter;
  if (p.grid != nullptr) return refresh_on_grid(ctx, p, task.begin, task.end);
  const bool rounded_here = p.value.dtype() == DType::f32 && p.value.bytes() != p.master.bytes();
  if (task.transposed && rounded_here) return transpose_rounded(p, task.begin, task.end);
  if (task.transposed) {
    const int64_t row_bytes = p.transposed.view().row_bytes();
    products<T>(ctx, p.transposed.dtype())
        .round_columns(p.master.as<T>() + task.begin, p.master.columns(), p.master.rows(),
                       task.end - task.begin, p.transposed.bytes() + task.begin * row_bytes, row_bytes);
    return;
  }
  for (int64_t i = task.begin; i < task.end; ++i) {
    const int64_t n = p.master.columns();
    if (p.value.dtype() == DType::bf16) {
      auto* value = reinterpret_cast<bf16*>(p.value.bytes()) + i * n;
      elementwise<T>(ctx).to_bf16(p.master.row_as<T>(i), n, value);
    } else {
      std::transform(p.master.row(i), p.master.row(i) + n, p.value.row(i),
                     [](float x) { return to_f32(to_bf16(x)); });
    }
  }
}

// ---- first values --------------------------------------------------------------------------------------

/// FNV-1a (Fowler, Noll, Vo).
uint64_t hash_of(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

double deviation_of(const Parameter& p, const ModelConfig& c) {
  const bool residual = ends_in_residual_stream(p.name);
  const double deviation = 1 / std::sqrt(static_cast<double>(p.master.shape()[1]));
  return residual ? deviation / std::sqrt(2.0 * static_cast<double>(c.num_hidden_layers)) : deviation;
}

template <typename T>
void initialise_one(const Parameter& p, const ModelConfig& c, uint64_t seed) {
  T* x = p.master.as<T>();
  const int64_t n = p.master.shape().elements();
  if (p.master.shape().rank() == 1) {
    std::fill_n(x, n, p.name.ends_with(".bias") ? T{0} : T{1});
    return;
  }
  Random random(splitmix64(seed) ^ hash_of(p.name));
  const auto deviation = static_cast<float>(deviation_of(p, c));
  for (int64_t i = 0; i < n; ++i) x[i] = deviation * random.normal();
}

template <typename T>
void load_one(const Parameter& p, const TensorView& view) {
  std::vector<float> row(static_cast<size_t>(view.columns()));
  for (int64_t i = 0; i < view.rows(); ++i) {
    decode_row(view.dtype, view.row(i), row.data(), view.columns());
    std::copy(row.begin(), row.end(), p.master.row_as<T>(i));
  }
}

}  // namespace

namespace {

/// `dtype`: of value and transposed. With products in BF16 the value stands beside the master, rounded.
Parameter make(std::string name, Shape shape, DType products, DType dtype, bool transposed) {
  RETORT_CHECK(products == DType::bf16 || products == DType::f32 || products == DType::f64);
  RETORT_CHECK(shape.rank() == 1 || shape.rank() == 2);
  const DType real = products == DType::f64 ? DType::f64 : DType::f32;
  Parameter p{.name = std::move(name), .decay = shape.rank() == 2};
  p.master = Tensor::owned(real, shape);
  p.value = products == DType::bf16 ? Tensor::owned(dtype, shape) : p.master;
  if (transposed) p.transposed = Tensor::owned(dtype, {shape[1], shape[0]});
  p.gradient = Tensor::owned(real, shape);
  return p;
}

}  // namespace

Parameter make_parameter(std::string name, Shape shape, DType products, bool transposed) {
  const bool vector = products == DType::bf16 && shape.rank() == 1;
  return make(std::move(name), shape, products, vector ? DType::f32 : products, transposed);
}

Parameter make_router_parameter(std::string name, Shape shape, DType products) {
  return make(std::move(name), shape, products, products == DType::bf16 ? DType::f32 : products, true);
}

void refresh(Context& ctx, std::span<Parameter> parameters) {
  const std::vector<RefreshTask> tasks = refresh_tasks(parameters);
  ctx.pool.parallel_dynamic(static_cast<int64_t>(tasks.size()), [&](int64_t i, int) {
    const RefreshTask& task = tasks[static_cast<size_t>(i)];
    with_real(task.parameter->master.dtype(), [&]<typename T>(T) { refresh_part<T>(ctx, task); });
  });
}

void watch(Tape& tape, std::span<const Parameter> parameters) {
  for (const Parameter& p : parameters) tape.watch(p.value.bytes(), p.gradient);
}

void clear_gradients(Context& ctx, std::span<Parameter> parameters) {
  ctx.pool.parallel_dynamic(std::ssize(parameters), [&](int64_t i, int) {
    const Tensor& gradient = parameters[static_cast<size_t>(i)].gradient;
    std::memset(gradient.bytes(), 0, gradient.view().bytes());
  });
}

Linear trainable_linear(const Parameter& weight, const Parameter* bias) {
  return Linear::trainable(weight.value.view(), weight.transposed.view(), bias ? &bias->value : nullptr);
}

TrainableDecoder::TrainableDecoder(const ModelConfig& config, DType products)
    : TrainableDecoder(config, make_parameters(config, products)) {}

TrainableDecoder::TrainableDecoder(const ModelConfig& config, std::vector<Parameter> parameters)
    : parameters_(std::move(parameters)), decoder_(config, weights_of(config, parameters_)) {}

const Parameter* TrainableDecoder::find(std::string_view name) const {
  return find_in(parameters_, name);
}

const Parameter& TrainableDecoder::head() const {
  const Parameter* head = find(config().tie_word_embeddings ? "model.embed_tokens.weight" : "lm_head.weight");
  RETORT_CHECK(head != nullptr);
  return *head;
}

int64_t TrainableDecoder::parameter_count() const {
  int64_t n = 0;
  for (const Parameter& p : parameters_) n += p.master.shape().elements();
  return n;
}

void require_fits(const ModelConfig& config, const WeightGrid& grid, std::string_view where) {
  for (const Entry& entry : list_entries(config)) {
    if (!in_quantised_formats(entry) || grid.fits(entry.shape[1])) continue;
    fail(ErrorCode::bad_input,
         "{}: {} shares scales among {} columns, and '{}' has {}: take a format with smaller groups, or "
         "widths that are multiples of {}",
         where, grid.name, grid.group, entry.name, entry.shape[1], grid.group);
  }
}

void TrainableDecoder::quantise(Context& ctx, const WeightGrid* grid) {
  if (grid != nullptr) require_fits(config(), *grid, "training");
  const std::vector<Entry> entries = list_entries(config());
  for (size_t i = 0; i < entries.size(); ++i) {
    if (!in_quantised_formats(entries[i])) continue;
    RETORT_CHECK(parameters_[i].name == entries[i].name && parameters_[i].value.dtype() == DType::bf16);
    parameters_[i].grid = grid;
  }
  refresh(ctx);
}

bool ends_in_residual_stream(std::string_view name) {
  return name.ends_with(".o_proj.weight") || name.ends_with(".down_proj.weight") ||
         name.ends_with(".w2.weight");
}

void TrainableDecoder::initialise(Context& ctx, uint64_t seed, FirstHeads heads) {
  ctx.pool.parallel_dynamic(std::ssize(parameters_), [&](int64_t i, int) {
    const Parameter& p = parameters_[static_cast<size_t>(i)];
    with_real(p.master.dtype(), [&]<typename T>(T) { initialise_one<T>(p, config(), seed); });
  });
  if (heads == FirstHeads::induction) start_with_induction_heads(parameters_, config(), seed);
  refresh(ctx);
}

void TrainableDecoder::load(Context& ctx, const Checkpoint& checkpoint) {
  if (checkpoint.layout() != Layout::hugging_face)
    fail(ErrorCode::unsupported, "{}: training starts from a Hugging Face folder, this is a GGUF file",
         checkpoint.path().string());
  for (const Parameter& p : parameters_) {
    const TensorView view = checkpoint.get(p.name);
    if (!(view.shape == p.master.shape()))
      fail(ErrorCode::bad_input, "{}: tensor '{}' has shape {}, config says {}", checkpoint.path().string(),
           p.name, view.shape.to_string(), p.master.shape().to_string());
    with_real(p.master.dtype(), [&]<typename T>(T) { load_one<T>(p, view); });
  }
  refresh(ctx);
}

}  // namespace retort
