#include "retort/compress/automatic_probe.h"

#include <algorithm>
#include <cstring>

#include "retort/base/check.h"
#include "retort/compress/token_divergence.h"
#include "retort/tensor/codec.h"

namespace retort::compress {
namespace {

constexpr int64_t kLogits = int64_t{1} << 26;  // 256 MiB
constexpr int64_t kRowsAtOnce = 256;

/// Whole documents up to the limit; the last one may be cut.
Calibration::Documents first_tokens(Calibration::Documents documents, int64_t limit) {
  Calibration::Documents kept;
  for (auto& document : documents) {
    if (document.empty() || limit == 0) continue;
    if (std::ssize(document) > limit) document.resize(static_cast<size_t>(limit));
    limit -= std::ssize(document);
    kept.push_back(std::move(document));
  }
  return kept;
}

}  // namespace

DivergenceProbe::DivergenceProbe(Context& ctx, const SourceModel& source, Calibration::Documents documents)
    : ctx_(ctx), model_(open_decoder(ctx, source.checkpoint())) {
  documents_ =
      first_tokens(std::move(documents), std::max<int64_t>(64, kLogits / source.config().vocab_size));
  for (const auto& document : documents_) {
    rows_.push_back({tokens_, std::ssize(document)});
    tokens_ += std::ssize(document);
  }
  RETORT_CHECK(tokens_ > 0);
  std::vector<float> x = embed({});
  for (int i = 0; i < layers(); ++i) {
    in_front_.push_back(x);
    x = run(model_->layer(i), x);
  }
  in_front_.push_back(x);
  logits_ = logits(x, {});
}

DivergenceProbe::~DivergenceProbe() = default;

int DivergenceProbe::layers() const {
  return static_cast<int>(model_->config().num_hidden_layers);
}

std::vector<float> DivergenceProbe::embed(const Ends& ends) const {
  const int64_t n = model_->config().hidden_size;
  std::vector<float> x(static_cast<size_t>(tokens_ * n));
  float* out = x.data();
  for (const auto& document : documents_) {
    Arena::Mark mark(ctx_.arena);
    const Tensor rows = model_->embed(ctx_, document);
    for (int64_t i = 0; i < std::ssize(document); ++i, out += n)
      std::copy_n(ends.embedding ? ends.embedding + document[static_cast<size_t>(i)] * n : rows.row(i), n,
                  out);
  }
  return x;
}

std::vector<float> DivergenceProbe::run(const DecoderLayer& layer, const std::vector<float>& x) {
  std::vector<float> out(x.size());
  const int64_t n = model_->config().hidden_size;
  for (const DocumentRows& document : rows_) {
    Arena::Mark mark(ctx_.arena);
    const int64_t first = document.first_row * n;
    const Tensor rows(DType::f32, {document.n_tokens, n},
                      reinterpret_cast<std::byte*>(const_cast<float*>(x.data() + first)));
    const DocumentRows alone{0, document.n_tokens};
    const Tensor y = model_->layer_states(ctx_, layer, rows, std::span(&alone, 1));
    std::memcpy(out.data() + first, y.f32(), y.view().bytes());
  }
  return out;
}

std::vector<float> DivergenceProbe::logits(const std::vector<float>& last, const Ends& ends) {
  const ModelConfig& c = model_->config();
  const int64_t n = c.hidden_size, vocabulary = c.vocab_size;
  const float* changed = c.tie_word_embeddings ? ends.embedding : ends.head;
  Tensor values;
  Linear head = model_->lm_head();
  if (changed) {
    values = Tensor::owned(DType::bf16, {vocabulary, n});
    encode_row(DType::bf16, changed, values.bytes(), vocabulary * n);
    head = Linear("lm_head", {values.view(), {}, {}, {}});
  }
  std::vector<float> all(static_cast<size_t>(tokens_ * vocabulary));
  for (int64_t begin = 0; begin < tokens_; begin += kRowsAtOnce) {
    Arena::Mark mark(ctx_.arena);
    const int64_t rows = std::min(kRowsAtOnce, tokens_ - begin);
    const Tensor x(DType::f32, {rows, n},
                   reinterpret_cast<std::byte*>(const_cast<float*>(last.data() + begin * n)));
    const Tensor y = linear(ctx_, model_->last_norm(ctx_, x), head);
    std::memcpy(all.data() + begin * vocabulary, y.f32(), y.view().bytes());
  }
  return all;
}

double DivergenceProbe::kl(const std::vector<float>& last, const Ends& ends) {
  const std::vector<float> changed = logits(last, ends);
  const int64_t n = model_->config().vocab_size;
  std::vector<double> each(static_cast<size_t>(tokens_));
  ctx_.pool.parallel_for(tokens_, 1, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t)
      each[static_cast<size_t>(t)] = compare_logits(logits_.data() + t * n, changed.data() + t * n, n, 0).kl;
  });
  double sum = 0;
  for (double one : each) sum += one;
  return sum / static_cast<double>(tokens_);
}

double DivergenceProbe::kl_of_layer(int index, const DecoderLayer& layer) {
  std::vector<float> x = run(layer, in_front_[static_cast<size_t>(index)]);
  for (int i = index + 1; i < layers(); ++i) x = run(model_->layer(i), x);
  return kl(x, {});
}

double DivergenceProbe::kl_of_ends(const Ends& ends) {
  if (ends.embedding == nullptr) return kl(in_front_.back(), ends);
  return kl_of_all([&](int i) -> const DecoderLayer& { return model_->layer(i); }, ends);
}

}  // namespace retort::compress
