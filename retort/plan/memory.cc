#include "retort/plan/memory.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "retort/base/arithmetic.h"
#include "retort/base/error.h"
#include "retort/formats/architectures.h"
#include "retort/kernels/integer_products.h"
#include "retort/plan/engine_arena.h"
#include "retort/tensor/dtype.h"

namespace retort::plan {
namespace {

using kernels::kPageTokens;

// Measured on micro-lite and micro-13 (`retort run`): the program, its libraries and its threads' stacks.
constexpr uint64_t kProgramBytes = 15'700'000;
// Measured on Qwen2.5's tokenizer.json (151,665 tokens, 26 MB more than without): for each token, its merges and
// the reading of the file included.
constexpr uint64_t kTokenBytes = 172;
// Memory is mapped around a touched address in units of this (Linux, fault_around_bytes).
constexpr double kFaultAround = 65536;
constexpr uint64_t kHugePage = uint64_t{2} << 20;  // model/repack.cc rounds up to it

// A runtime of the usual kind on an accelerator.
constexpr int64_t kDeviceKvTokens = 256;               // llama.cpp rounds the context up to this
constexpr uint64_t kDeviceContextBytes = 400'000'000;  // assumed: driver context and libraries

void add(std::vector<MemoryPart>& parts, std::string name, uint64_t bytes, std::string formula) {
  if (bytes > 0) parts.push_back({std::move(name), bytes, std::move(formula)});
}

std::vector<MemoryPart> weight_parts(const Weights& weights) {
  std::vector<MemoryPart> parts;
  for (int g = 0; g <= static_cast<int>(Group::other); ++g) {
    const auto group = static_cast<Group>(g);
    int64_t tensors = 0;
    for (const WeightTensor& t : weights.tensors)
      if (t.group == group) tensors += t.copies;
    add(parts, std::string(name(group)), weights.bytes(group),
        fmt::format("{} tensors, elements x bits of each", tensors));
  }
  return parts;
}

std::string kv_formula(const ModelShape& s, KvType kv) {
  const char* each = kv == KvType::bf16 ? "2 bytes" : "(1 byte + a scale a head)";
  if (s.has_latent_attention())
    return fmt::format("{} layers x ({} latent + {} rotary) x {}", s.num_hidden_layers, s.kv_lora_rank,
                       s.qk_rope_head_dim, each);
  return fmt::format("2 x {} layers x {} heads x {} x {}", s.num_hidden_layers, s.num_key_value_heads,
                     s.head_dim, each);
}

bool is_matrix(const WeightTensor& t) {
  return t.group != Group::vectors && t.group != Group::embedding && t.group != Group::router &&
         t.scale_bytes != t.bytes;
}

/// A matrix in memory of its own: rows in panels of 16 for integer formats, a multiple of 64 bytes
/// (Linear::packed_bytes).
uint64_t packed_bytes(const WeightTensor& t) {
  const auto own = t.bytes - t.scale_bytes;
  const auto rows = static_cast<uint64_t>(t.rows * t.copies);
  const uint64_t padded = round_up<uint64_t>(static_cast<uint64_t>(t.rows), kernels::kPanelRows) *
                          static_cast<uint64_t>(t.copies);
  return round_up<uint64_t>(own / rows * padded, 64);
}

/// What this engine holds beside the file's bytes.
void add_copies(const ModelShape& shape, const Weights& weights, std::vector<MemoryPart>& parts) {
  uint64_t padding = 0, decoded = 0, head = 0;
  for (const WeightTensor& t : weights.tensors) {
    const auto elements = static_cast<uint64_t>(t.rows * t.columns * t.copies);
    if (is_matrix(t)) padding += packed_bytes(t) - (t.bytes - t.scale_bytes);
    if (t.group == Group::vectors || t.group == Group::router) decoded += elements * sizeof(float);
    decoded += t.scale_bytes;
    if (shape.tie_word_embeddings && t.group == Group::embedding) head = packed_bytes(t);
  }
  add(parts, "tied head's own copy", head, "the table's rows in the order in which products read them");
  add(parts, "padding of panels", padding + kHugePage, "rows to multiples of 16, memory to 2 MiB");
  add(parts, "decoded vectors", decoded, "norms, biases, routers and scales in f32 beside the file's");
}

/// Bytes of the embedding table's rows that stay on disk if so many different tokens are looked up: a lookup
/// maps 64 KiB, and lookups fall evenly.
uint64_t untouched_table(const Weights& weights, const Load& load) {
  const auto table = static_cast<double>(weights.bytes(Group::embedding));
  const double tokens =
      static_cast<double>(load.distinct_tokens > 0 ? load.distinct_tokens : load.context * load.users);
  const double windows = std::max(1.0, table / kFaultAround);
  return static_cast<uint64_t>(table * std::pow(1 - 1 / windows, tokens));
}

void add_engine_parts(const ModelShape& shape, const Weights& weights, const Load& load, MemoryPlan& plan) {
  add_copies(shape, weights, plan.parts);
  const auto per_page = kernels::KvLayout{load.kv, static_cast<int>(shape.num_key_value_heads),
                                          static_cast<int>(shape.head_dim)}
                            .page_bytes() *
                        static_cast<uint64_t>(shape.num_hidden_layers);
  const int64_t pages = div_up<int64_t>(load.context, kPageTokens);
  add(plan.parts, "keys and values",
      kv_bytes(shape, load.kv, load.context) * static_cast<uint64_t>(load.users),
      fmt::format("{} requests x {} pages of {} positions x {} bytes ({})", load.users, pages, kPageTokens,
                  per_page, kv_formula(shape, load.kv)));
  const auto kernels = kernels::kernel_table(kernels::choose_isa());
  const int64_t chunk = std::min(load.step_tokens, load.context);
  const uint64_t prefill =
      arena_peak(shape, weights, load.kv, {1, chunk, load.context - chunk, 1}, kernels, load.threads);
  const uint64_t decode = arena_peak(shape, weights, load.kv, {load.users, 1, load.context - 1, load.users},
                                     kernels, load.threads);
  add(plan.parts, "activations", std::max(prefill, decode),
      fmt::format("the engine's arena in a step of {}", prefill >= decode
                                                            ? fmt::format("{} prompt tokens", chunk)
                                                            : fmt::format("{} requests", load.users)));
  const int64_t tokens = load.tokenizer_tokens < 0 ? shape.vocab_size : load.tokenizer_tokens;
  add(plan.parts, "tokenizer", static_cast<uint64_t>(tokens) * kTokenBytes,
      fmt::format("{} tokens x {} bytes, as measured", tokens, kTokenBytes));
  add(plan.parts, "program", kProgramBytes, "as measured");
  plan.untouched = untouched_table(weights, load);
}

void add_device_parts(const ModelShape& shape, const Load& load, MemoryPlan& plan) {
  const int64_t context = round_up(load.context, kDeviceKvTokens);
  add(plan.parts, "keys and values",
      kv_bytes_per_token(shape, load.kv) * static_cast<uint64_t>(context) * static_cast<uint64_t>(load.users),
      fmt::format("{} requests x {} positions x {}", load.users, context, kv_formula(shape, load.kv)));
  const int64_t tokens = std::min(load.step_tokens, load.context);
  const int64_t width =
      std::max(shape.intermediate_size, shape.num_experts_per_tok * shape.moe_intermediate_size);
  add(plan.parts, "activations",
      static_cast<uint64_t>(tokens) *
          static_cast<uint64_t>(shape.vocab_size + 2 * width + 3 * shape.hidden_size) * sizeof(float),
      fmt::format("{} tokens x (logits {} + feed-forward 2 x {} + 3 x {}) x 4 bytes", tokens,
                  shape.vocab_size, width, shape.hidden_size));
  add(plan.parts, "driver and libraries", kDeviceContextBytes, "assumed");
}

}  // namespace

bool engine_runs(const ModelShape& shape) {
  if (shape.has_latent_attention() || shape.shared_intermediate_size > 0 || shape.head_dim % 16 != 0 ||
      shape.head_dim > 256)
    return false;
  return std::any_of(std::begin(kArchitectures), std::end(kArchitectures),
                     [&](const ArchitectureRow& row) { return row.architecture == shape.architecture; });
}

uint64_t MemoryPlan::weight_bytes() const {
  uint64_t n = 0;
  for (const MemoryPart& part : weights) n += part.bytes;
  return n;
}

uint64_t MemoryPlan::part_bytes(std::string_view name) const {
  for (const auto* list : {&weights, &parts})
    for (const MemoryPart& part : *list)
      if (part.name == name) return part.bytes;
  return 0;
}

uint64_t MemoryPlan::total() const {
  uint64_t n = weight_bytes();
  for (const MemoryPart& part : parts) n += part.bytes;
  return n;
}

uint64_t kv_bytes_per_token(const ModelShape& s, KvType type) {
  const auto layers = static_cast<uint64_t>(s.num_hidden_layers);
  const auto vectors = static_cast<uint64_t>(s.has_latent_attention() ? 1 : 2 * s.num_key_value_heads);
  const auto width =
      static_cast<uint64_t>(s.has_latent_attention() ? s.kv_lora_rank + s.qk_rope_head_dim : s.head_dim);
  return layers * vectors * (type == KvType::bf16 ? 2 * width : width + sizeof(float));
}

uint64_t kv_bytes(const ModelShape& shape, KvType type, int64_t context) {
  return kv_bytes_per_token(shape, type) *
         static_cast<uint64_t>(round_up<int64_t>(context, kernels::kPageTokens));
}

void check(const ModelShape& shape, const Load& load) {
  constexpr double kMost = 1e18;
  if (load.context < 1 || load.users < 1 || load.threads < 1 || load.step_tokens < 1)
    fail(ErrorCode::bad_input, "plan: context {}, users {}, threads {}: each must be at least 1",
         load.context, load.users, load.threads);
  if (load.context > shape.max_position_embeddings)
    fail(ErrorCode::bad_input, "plan: --context {} is past the {} positions that {} was made for",
         load.context, shape.max_position_embeddings, shape.name);
  const double bytes = static_cast<double>(kv_bytes_per_token(shape, load.kv)) *
                       static_cast<double>(load.context) * static_cast<double>(load.users);
  if (bytes > kMost)
    fail(ErrorCode::bad_input, "plan: {} users with {} positions each need {:.0e} bytes of keys and values",
         load.users, load.context, bytes);
}

MemoryPlan plan_memory(const ModelShape& shape, const Weights& weights, const Load& load, Runtime runtime) {
  check(shape, load);
  MemoryPlan plan;
  plan.runtime = runtime;
  plan.weights = weight_parts(weights);
  if (runtime == Runtime::retort && engine_runs(shape))
    add_engine_parts(shape, weights, load, plan);
  else
    add_device_parts(shape, load, plan);
  return plan;
}

}  // namespace retort::plan
