#include "retort/compress/calibration.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "retort/base/check.h"
#include "retort/base/error.h"
#include "retort/compress/calibration_sums.h"
#include "retort/formats/model_config.h"
#include "retort/model/architecture.h"
#include "retort/model/decoder.h"

namespace retort::compress {
namespace {

constexpr int64_t kChunk = 1024;  // tokens that run through a layer together, or one longer document

/// Calls visit(first row, documents) on runs of documents of about kChunk tokens.
template <typename F>
void for_each_chunk(const Calibration::Documents& documents, F visit) {
  std::vector<DocumentRows> chunk;
  int64_t first = 0, rows = 0;
  const auto flush = [&] {
    if (rows > 0) visit(first, rows, std::span<const DocumentRows>(chunk));
    first += rows;
    rows = 0;
    chunk.clear();
  };
  for (const auto& document : documents) {
    if (rows + std::ssize(document) > kChunk) flush();
    chunk.push_back({rows, std::ssize(document)});
    rows += std::ssize(document);
  }
  flush();
}

template <typename F>
void for_each_matrix(const DecoderLayer& layer, F visit) {
  for (const Linear* part : {&layer.q_proj, &layer.k_proj, &layer.v_proj, &layer.o_proj}) visit(*part);
  auto mlp = layer.mlp;  // copies views
  std::visit([&](auto& parts) { parts.for_each_linear(visit); }, mlp);
}

}  // namespace

std::unique_ptr<Decoder> open_decoder(Context& ctx, const Checkpoint& checkpoint) {
  const ModelConfig config = read_model_config(checkpoint);
  std::unique_ptr<CausalLM> model = load_causal_lm(ctx, checkpoint, config, {.repack = Repack::never});
  auto* decoder = dynamic_cast<Decoder*>(model.get());
  RETORT_CHECK(decoder != nullptr);  // every architecture is one
  model.release();
  return std::unique_ptr<Decoder>(decoder);
}

/// Of one layer's inputs; experts have theirs apart.
struct Calibration::Sums {
  Sums(const ModelConfig& c, bool hessians, DType products)
      : attention(c.hidden_size, hessians, products),
        mixed(c.num_attention_heads * c.head_dim, hessians, products) {
    for (int64_t e = 0; e < std::max<int64_t>(1, c.num_local_experts); ++e) {
      mlp.emplace_back(c.hidden_size, hessians, products);
      activated.emplace_back(c.intermediate_size, hessians, products);
    }
  }

  void add(Context& ctx, const LayerTrace& trace) {
    attention.add(ctx, trace.attention_norm.f32(), trace.attention_norm.rows());
    mixed.add(ctx, trace.mixed.f32(), trace.mixed.rows());
    if (trace.activated.bytes() != nullptr) {
      mlp.front().add(ctx, trace.mlp_norm.f32(), trace.mlp_norm.rows());
      activated.front().add(ctx, trace.activated.f32(), trace.activated.rows());
      return;
    }
    const MoeRouting& routing = trace.experts.routing;
    for (int64_t e = 0; e < routing.n_experts; ++e) {
      const int64_t begin = routing.starts[static_cast<size_t>(e)];
      mlp[static_cast<size_t>(e)].add(ctx, trace.experts.dispatched.row(begin), routing.load(e));
      activated[static_cast<size_t>(e)].add(ctx, trace.experts.activated.row(begin), routing.load(e));
    }
  }

  Statistics finish(int layer, bool mixture) {
    const std::string at = fmt::format("model.layers.{}.", layer);
    Statistics all;
    const auto give = [&](InputSums& sums, std::initializer_list<std::string> modules) {
      const auto shared = std::make_shared<const InputStatistics>(std::move(sums).finish());
      for (const std::string& module : modules) all.emplace(at + module, shared);
    };
    give(attention, {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"});
    give(mixed, {"self_attn.o_proj"});
    for (size_t e = 0; e < mlp.size(); ++e) {
      const std::string in = mixture ? fmt::format("block_sparse_moe.experts.{}.", e) : "mlp.";
      give(mlp[e], {in + (mixture ? "w1" : "gate_proj"), in + (mixture ? "w3" : "up_proj")});
      give(activated[e], {in + (mixture ? "w2" : "down_proj")});
    }
    return all;
  }

  InputSums attention, mixed;
  std::vector<InputSums> mlp, activated;
};

Calibration::Calibration(Context& ctx, const Checkpoint& checkpoint, Documents documents,
                         CalibrationOptions options)
    : ctx_(ctx),
      checkpoint_(checkpoint),
      documents_(std::move(documents)),
      options_(std::move(options)),
      model_(open_decoder(ctx, checkpoint)) {
  const ModelConfig& c = model_->config();
  for (const auto& document : documents_) {
    tokens_ += std::ssize(document);
    for (int32_t token : document)
      if (token < 0 || token >= c.vocab_size)
        fail(ErrorCode::bad_input,
             "calibration: token {} is not one of the model's {}; the text belongs to another tokenizer",
             token, c.vocab_size);
  }
  following_.resize(static_cast<size_t>(tokens_ * c.hidden_size));
  float* out = following_.data();
  for (const auto& document : documents_) {
    if (document.empty()) continue;
    Arena::Mark mark(ctx_.arena);
    const Tensor x = model_->embed(ctx_, document);
    std::memcpy(out, x.f32(), x.view().bytes());
    out += std::ssize(document) * c.hidden_size;
  }
}

Calibration::~Calibration() = default;

int Calibration::layers() const {
  return static_cast<int>(model_->config().num_hidden_layers);
}

Statistics Calibration::next() {
  if (layer_ > layers()) return {};
  std::swap(hidden_, following_);
  if (layer_ == layers()) return head();
  following_.resize(hidden_.size());
  const ModelConfig& c = model_->config();
  const DType weights = model_->layer(layer_).o_proj.dtype();
  Sums sums(c, options_.hessians, weights == DType::bf16 ? DType::bf16 : DType::f32);
  run_layer(model_->layer(layer_), &sums);
  for_each_matrix(model_->layer(layer_), [&](const Linear& part) { checkpoint_.release(part.weight()); });
  ++layer_;
  if (options_.progress)
    options_.progress("calibrating", static_cast<uint64_t>(layer_), static_cast<uint64_t>(layers()));
  return sums.finish(layer_ - 1, c.has_experts());
}

void Calibration::run_layer(const DecoderLayer& layer, Sums* sums) {
  const int64_t n = model_->config().hidden_size;
  for_each_chunk(documents_, [&](int64_t first, int64_t rows, std::span<const DocumentRows> chunk) {
    Arena::Mark mark(ctx_.arena);
    const Tensor x(DType::f32, {rows, n}, reinterpret_cast<std::byte*>(hidden_.data() + first * n));
    LayerTrace trace;
    const Tensor y = model_->layer_states(ctx_, layer, x, chunk, sums ? &trace : nullptr);
    if (sums) sums->add(ctx_, trace);
    std::memcpy(following_.data() + first * n, y.f32(), y.view().bytes());
  });
}

void Calibration::go_on_with(const DecoderLayer& layer) {
  RETORT_CHECK(layer_ > 0 && layer_ <= layers());
  run_layer(layer, nullptr);
}

Statistics Calibration::head() {
  const int64_t n = model_->config().hidden_size;
  InputSums sums(n, false, DType::f32);
  for (int64_t begin = 0; begin < tokens_; begin += kChunk) {
    Arena::Mark mark(ctx_.arena);
    const int64_t rows = std::min(kChunk, tokens_ - begin);
    const Tensor x(DType::f32, {rows, n}, reinterpret_cast<std::byte*>(hidden_.data() + begin * n));
    const Tensor normed = model_->last_norm(ctx_, x);
    sums.add(ctx_, normed.f32(), rows);
  }
  ++layer_;
  Statistics all;
  all.emplace("lm_head", std::make_shared<const InputStatistics>(std::move(sums).finish()));
  return all;
}

Statistics calibrate(Context& ctx, const Checkpoint& checkpoint, Calibration::Documents documents,
                     const ProgressFn& progress) {
  Calibration pass(ctx, checkpoint, std::move(documents), {.progress = progress});
  Statistics all;
  for (Statistics layer = pass.next(); !layer.empty(); layer = pass.next()) all.merge(layer);
  return all;
}

}  // namespace retort::compress
