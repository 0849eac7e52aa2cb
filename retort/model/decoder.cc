#include "retort/model/decoder.h"

#include <cstring>
#include <optional>

#include "retort/base/check.h"
#include "retort/ops/add.h"
#include "retort/ops/causal_attention.h"
#include "retort/ops/embedding.h"
#include "retort/ops/rms_norm.h"
#include "retort/ops/swiglu.h"

namespace retort {
namespace {

/// Copies the rows of x that are listed in `rows` to the front of x itself; returns that part. Rows ascend.
Tensor keep_rows(const Tensor& x, std::span<const int64_t> rows) {
  const int64_t n = x.columns();
  for (size_t i = 0; i < rows.size(); ++i)
    std::memmove(x.row(static_cast<int64_t>(i)), x.row(rows[i]), static_cast<size_t>(n) * sizeof(float));
  return Tensor(DType::f32, {static_cast<int64_t>(rows.size()), n}, x.bytes());
}

}  // namespace

/// What all layers of one forward share. Serving has a cache; whole documents have none.
struct Decoder::Step {
  std::span<const int64_t> positions;  // of each token
  std::span<const int64_t> outputs;    // rows whose logits are wanted, ascending; documents: all rows
  KvCache* cache = nullptr;
  std::span<const AttentionSequence> sequences = {};  // with a cache
  std::span<const DocumentRows> documents = {};       // without
  bool keep = false;                                  // nothing is overwritten or given back
  std::vector<LayerTrace>* trace = nullptr;

  Tensor plus(Context& ctx, const Tensor& x, const Tensor& y) const {
    if (keep) return add(ctx, x, y);
    add_in_place(ctx, y, x);
    return x;
  }
};

/// Bytes of everything that every step reads; what of a layer's feed-forward, `mlp_bytes(mlp)` says.
template <typename F>
uint64_t Decoder::bytes_with(F mlp_bytes) const {
  uint64_t total = w_.lm_head.bytes() + w_.norm.view().bytes();
  for (const auto& layer : w_.layers) {
    for (const Linear* part : {&layer.q_proj, &layer.k_proj, &layer.v_proj, &layer.o_proj})
      total += part->bytes();
    total += std::visit(mlp_bytes, layer.mlp);
    total += layer.input_norm.view().bytes() + layer.post_attention_norm.view().bytes();
  }
  return total;
}

void Decoder::prune_inputs(Context& ctx, const Checkpoint& checkpoint,
                           std::span<const LayerThresholds> thresholds, bool columns,
                           const ProgressFn& progress) {
  RETORT_CHECK(!input_pruning_ && !repacking_);
  std::vector<InputPruning::SiteLayers> layers;
  for (const DecoderLayer& layer : w_.layers) {
    layers.push_back({{{&layer.q_proj, &layer.k_proj, &layer.v_proj}, {&layer.o_proj}, {}, {}}});
    if (const Mlp* mlp = std::get_if<Mlp>(&layer.mlp)) {
      layers.back()[static_cast<size_t>(InputSite::mlp)] = {&mlp->gate_proj, &mlp->up_proj};
      layers.back()[static_cast<size_t>(InputSite::mlp_output)] = {&mlp->down_proj};
    }
  }
  input_pruning_ = std::make_unique<InputPruning>(layers, thresholds);
  if (columns) input_pruning_->pack(ctx, checkpoint, progress);
}

void Decoder::repack(Context& ctx, const Checkpoint& checkpoint, Repack when, const ProgressFn& progress) {
  if (when == Repack::never) return;
  std::vector<Linear*> all;
  for (auto& layer : w_.layers) {
    for (Linear* part : {&layer.q_proj, &layer.k_proj, &layer.v_proj, &layer.o_proj}) all.push_back(part);
    std::visit([&](auto& mlp) { mlp.for_each_linear([&](Linear& part) { all.push_back(&part); }); },
               layer.mlp);
  }
  all.push_back(&w_.lm_head);
  if (input_pruning_) std::erase_if(all, [&](const Linear* part) { return input_pruning_->holds(*part); });
  repacking_ = std::make_unique<Repacking>(checkpoint, all);
  repacking_->advance(ctx, when == Repack::now ? repacking_->total() : repacking_->integers(), progress);
}

bool Decoder::settle(Context& ctx, uint64_t bytes) {
  if (!repacking_) return false;
  repacking_->advance(ctx, repacking_->done() + bytes);
  return repacking_->done() < repacking_->total();
}

uint64_t Decoder::step_bytes(int64_t n_tokens) const {
  return bytes_with([&](const auto& mlp) { return mlp.step_bytes(n_tokens); });
}

uint64_t Decoder::weight_bytes() const {
  return bytes_with([](const auto& mlp) { return mlp.weight_bytes(); }) +
         (config_.tie_word_embeddings ? 0 : w_.embed_tokens.bytes());
}

double Decoder::step_flops(int64_t n_tokens, int64_t n_outputs) const {
  double per_token = 0;
  for (const auto& layer : w_.layers) {
    for (const Linear* part : {&layer.q_proj, &layer.k_proj, &layer.v_proj, &layer.o_proj})
      per_token += part->token_flops();
    per_token += std::visit([](const auto& mlp) { return mlp.token_flops(); }, layer.mlp);
  }
  return per_token * static_cast<double>(n_tokens) +
         w_.lm_head.token_flops() * static_cast<double>(n_outputs);
}

/// Matrices that share the input x: pruned where this site is.
void Decoder::project(Context& ctx, int layer, InputSite site, const Tensor& x,
                      std::span<const Linear* const> matrices, std::span<Tensor> y) const {
  if (const PrunedInput* pruned = input_pruning_ ? input_pruning_->find(layer, site) : nullptr)
    sparse_linear(ctx, x, *pruned, y);
  else
    linear(ctx, x, matrices, y);
}

Tensor Decoder::attention_block(Context& ctx, const Step& step, const DecoderLayer& layer, int index,
                                const Tensor& x) const {
  const Linear* projections[] = {&layer.q_proj, &layer.k_proj, &layer.v_proj};
  const Tensor h = rms_norm(ctx, x, layer.input_norm, config_.rms_norm_eps);
  Tensor qkv[3];  // [tokens, heads * head_dim], [tokens, kv_heads * head_dim] twice
  project(ctx, index, InputSite::attention, h, projections, qkv);
  rope(ctx, qkv[0], step.positions, w_.rope, w_.rope_style, static_cast<int>(config_.head_dim));
  rope(ctx, qkv[1], step.positions, w_.rope, w_.rope_style, static_cast<int>(config_.head_dim));
  if (step.trace)
    step.trace->push_back({.q = qkv[0], .k = qkv[1], .v = qkv[2], .input = x, .attention_norm = h});

  Tensor mixed = attend(ctx, step, index, qkv);  // [tokens, heads * head_dim]
  if (step.cache && index + 1 == static_cast<int>(w_.layers.size())) mixed = keep_rows(mixed, step.outputs);
  if (step.trace) step.trace->back().mixed = mixed;
  const Linear* output[] = {&layer.o_proj};
  Tensor y;  // [tokens, hidden_size]
  project(ctx, index, InputSite::attention_output, mixed, output, std::span(&y, 1));
  return y;
}

Tensor Decoder::attend(Context& ctx, const Step& step, int index, std::span<const Tensor> qkv) const {
  if (step.cache == nullptr)
    return causal_attention(ctx, qkv[0], qkv[1], qkv[2], static_cast<int>(config_.head_dim), step.documents);
  const KvLayer kv{step.cache->layout(), step.cache->layer_base(index), step.cache->page_stride()};
  kv_store(ctx, qkv[1], qkv[2], kv, step.sequences);
  return attention(ctx, qkv[0], kv, step.sequences);
}

/// Mlp::forward with pruned inputs.
Tensor Decoder::pruned_mlp(Context& ctx, const Mlp& mlp, int index, const Tensor& x,
                           Tensor* activated) const {
  const Linear* projections[] = {&mlp.gate_proj, &mlp.up_proj};
  Tensor gate_up[2];  // [tokens, intermediate_size] each
  project(ctx, index, InputSite::mlp, x, projections, gate_up);
  const Tensor h = swiglu(ctx, gate_up[0], gate_up[1]);
  if (activated) *activated = h;
  const Linear* output[] = {&mlp.down_proj};
  Tensor y;  // [tokens, hidden_size]
  project(ctx, index, InputSite::mlp_output, h, output, std::span(&y, 1));
  return y;
}

Tensor Decoder::mlp_block(Context& ctx, const Step& step, const DecoderLayer& layer, int index,
                          const Tensor& x) const {
  const Tensor h = rms_norm(ctx, x, layer.post_attention_norm, config_.rms_norm_eps);
  if (step.trace) {
    step.trace->back().middle = x;
    step.trace->back().mlp_norm = h;
  }
  if (const MoeBlock* experts = std::get_if<MoeBlock>(&layer.mlp))
    return experts->forward(ctx, h, step.trace ? &step.trace->back().experts : nullptr);
  Tensor* activated = step.trace ? &step.trace->back().activated : nullptr;
  const Mlp& mlp = std::get<Mlp>(layer.mlp);
  return input_pruning_ ? pruned_mlp(ctx, mlp, index, h, activated) : mlp.forward(ctx, h, activated);
}

Tensor Decoder::run_layer(Context& ctx, const Step& step, const DecoderLayer& layer, int index,
                          Tensor x) const {
  const Tensor mixed = attention_block(ctx, step, layer, index, x);
  // Behind the last attention only the rows with wanted logits matter.
  if (step.cache && index + 1 == static_cast<int>(w_.layers.size())) x = keep_rows(x, step.outputs);
  x = step.plus(ctx, x, mixed);
  x = step.plus(ctx, x, mlp_block(ctx, step, layer, index, x));
  if (step.trace) step.trace->back().output = x;
  return x;
}

Tensor Decoder::run_layers(Context& ctx, const Step& step, std::span<const int32_t> tokens) const {
  Tensor x = embedding(ctx, w_.embed_tokens, tokens);  // [tokens, hidden_size]
  for (size_t i = 0; i < w_.layers.size(); ++i) {
    std::optional<Arena::Mark> mark;
    if (!step.keep) mark.emplace(ctx.arena);
    x = run_layer(ctx, step, w_.layers[i], static_cast<int>(i), x);
  }
  return rms_norm(ctx, x, w_.norm, config_.rms_norm_eps);  // [outputs, hidden_size]
}

Tensor Decoder::hidden_states(Context& ctx, std::span<const std::span<const int32_t>> documents,
                              std::vector<LayerTrace>* trace) const {
  size_t n_tokens = 0;
  for (const auto& document : documents) n_tokens += document.size();
  auto tokens = ctx.arena.allocate_span<int32_t>(n_tokens);
  auto positions = ctx.arena.allocate_span<int64_t>(n_tokens);
  auto rows = ctx.arena.allocate_span<DocumentRows>(documents.size());
  size_t row = 0;
  for (size_t i = 0; i < documents.size(); ++i) {
    new (&rows[i]) DocumentRows{static_cast<int64_t>(row), std::ssize(documents[i])};
    for (size_t j = 0; j < documents[i].size(); ++j, ++row) {
      tokens[row] = documents[i][j];
      positions[row] = static_cast<int64_t>(j);
    }
  }
  if (trace) trace->clear();
  const Step step{.positions = positions,
                  .documents = rows,
                  .keep = ctx.tape != nullptr || trace != nullptr,
                  .trace = trace};
  return run_layers(ctx, step, tokens);
}

Tensor Decoder::embed(Context& ctx, std::span<const int32_t> tokens) const {
  return embedding(ctx, w_.embed_tokens, tokens);
}

Tensor Decoder::last_norm(Context& ctx, const Tensor& x) const {
  return rms_norm(ctx, x, w_.norm, config_.rms_norm_eps);
}

Tensor Decoder::layer_states(Context& ctx, const DecoderLayer& layer, const Tensor& x,
                             std::span<const DocumentRows> documents, LayerTrace* trace) const {
  auto positions = ctx.arena.allocate_span<int64_t>(static_cast<size_t>(x.rows()));
  for (const DocumentRows& document : documents)
    for (int64_t i = 0; i < document.n_tokens; ++i)
      positions[static_cast<size_t>(document.first_row + i)] = i;
  std::vector<LayerTrace> traces;
  const Step step{
      .positions = positions, .documents = documents, .keep = true, .trace = trace ? &traces : nullptr};
  const Tensor output = run_layer(ctx, step, layer, -1, x);
  if (trace) *trace = traces.front();
  return output;
}

Tensor Decoder::forward(Context& ctx, std::span<const SequenceStep> sequences, KvCache& cache) const {
  RETORT_CHECK(ctx.tape == nullptr);  // gradients flow through whole documents only
  size_t n_tokens = 0, n_outputs = 0;
  for (const auto& s : sequences) {
    n_tokens += s.tokens.size();
    n_outputs += static_cast<size_t>(s.n_logits);
  }
  auto tokens = ctx.arena.allocate_span<int32_t>(n_tokens);
  auto positions = ctx.arena.allocate_span<int64_t>(n_tokens);
  auto outputs = ctx.arena.allocate_span<int64_t>(n_outputs);
  auto parts = ctx.arena.allocate_span<AttentionSequence>(sequences.size());
  size_t row = 0, output = 0;
  for (size_t i = 0; i < sequences.size(); ++i) {
    const SequenceStep& s = sequences[i];
    const auto n = static_cast<int64_t>(s.tokens.size());
    RETORT_CHECK(s.n_logits >= 0 && s.n_logits <= n);
    new (&parts[i]) AttentionSequence{static_cast<int64_t>(row), n, s.position, s.pages};
    for (int64_t j = n - s.n_logits; j < n; ++j) outputs[output++] = static_cast<int64_t>(row) + j;
    for (int64_t j = 0; j < n; ++j, ++row) {
      tokens[row] = s.tokens[static_cast<size_t>(j)];
      positions[row] = s.position + j;
    }
  }

  const Step step{.positions = positions, .outputs = outputs, .cache = &cache, .sequences = parts};
  return linear(ctx, run_layers(ctx, step, tokens), w_.lm_head);  // [outputs, vocab_size]
}

}  // namespace retort
