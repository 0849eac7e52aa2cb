#include "retort/train/importance.h"

#include <cmath>
#include <numeric>

#include "retort/base/check.h"

namespace retort::train {
namespace {

constexpr size_t kTokensAtOnce = 512;

/// Scores of the channels of one kind of activation.
class ChannelScore {
 public:
  explicit ChannelScore(int64_t channels)
      : sums_(static_cast<size_t>(channels)), squares_(static_cast<size_t>(channels)) {}

  /// Rows [begin, begin + n) of x are a sequence.
  void add(const Tensor& x, int64_t begin, int64_t n) {
    std::fill(sums_.begin(), sums_.end(), 0.0);
    for (int64_t i = begin; i < begin + n; ++i)
      for (size_t j = 0; j < sums_.size(); ++j) sums_[j] += std::abs(static_cast<double>(x.row(i)[j]));
    for (size_t j = 0; j < sums_.size(); ++j) squares_[j] += std::pow(sums_[j] / static_cast<double>(n), 2);
  }

  std::vector<double> scores() const {
    std::vector<double> roots;
    for (double square : squares_) roots.push_back(std::sqrt(square));
    return roots;
  }

 private:
  std::vector<double> sums_, squares_;
};

/// Adds each channel's share of every row's squares.
void add_energy(const Tensor& x, std::vector<double>& energy) {
  for (int64_t i = 0; i < x.rows(); ++i) {
    const float* row = x.row(i);
    const double all =
        std::transform_reduce(row, row + x.columns(), 0.0, std::plus<>(), [](double v) { return v * v; });
    if (all == 0) continue;
    for (size_t j = 0; j < energy.size(); ++j)
      energy[j] += static_cast<double>(row[j]) * static_cast<double>(row[j]) / all;
  }
}

/// The sum over rows of 1 - cos; rows of zeros did not change.
double turned(const Tensor& before, const Tensor& after) {
  double sum = 0;
  for (int64_t i = 0; i < before.rows(); ++i) {
    double product = 0, a = 0, b = 0;
    for (int64_t j = 0; j < before.columns(); ++j) {
      const auto x = static_cast<double>(before.row(i)[j]), y = static_cast<double>(after.row(i)[j]);
      product += x * y;
      a += x * x;
      b += y * y;
    }
    if (a > 0 && b > 0) sum += 1 - product / std::sqrt(a * b);
  }
  return sum;
}

class Measurement {
 public:
  explicit Measurement(const ModelConfig& c) : c_(c) {
    const auto layers = static_cast<size_t>(c.num_hidden_layers), hidden = static_cast<size_t>(c.hidden_size);
    norms_.assign(2 * layers + 1, ChannelScore(c.hidden_size));
    activated_.assign(layers, ChannelScore(c.intermediate_size));
    mixed_.assign(layers, ChannelScore(c.num_attention_heads * c.head_dim));
    result_.layers.assign(layers, 0);
    result_.energy.assign(2 * layers + 1, std::vector<double>(hidden));
  }

  /// One forward over sequences of these lengths.
  void add(std::span<const LayerTrace> trace, const Tensor& normed, std::span<const int64_t> lengths) {
    for (size_t i = 0; i < trace.size(); ++i) {
      add_energy(trace[i].input, result_.energy[2 * i]);
      add_energy(trace[i].middle, result_.energy[2 * i + 1]);
      result_.layers[i] += turned(trace[i].input, trace[i].output);
    }
    add_energy(trace.back().output, result_.energy.back());
    int64_t row = 0;
    for (int64_t n : lengths) {
      for (size_t i = 0; i < trace.size(); ++i) {
        norms_[2 * i].add(trace[i].attention_norm, row, n);
        norms_[2 * i + 1].add(trace[i].mlp_norm, row, n);
        activated_[i].add(trace[i].activated, row, n);
        mixed_[i].add(trace[i].mixed, row, n);
      }
      norms_.back().add(normed, row, n);
      row += n;
    }
    result_.sequences += std::ssize(lengths);
    result_.tokens += row;
  }

  Importance result() const {
    Importance r = result_;
    const auto n = static_cast<double>(r.tokens);
    for (double& x : r.layers) x /= n;
    for (auto& one : r.energy)
      for (double& x : one) x /= n;
    r.hidden.assign(static_cast<size_t>(c_.hidden_size), 0);
    for (const ChannelScore& norm : norms_) {
      const std::vector<double> scores = norm.scores();
      std::transform(scores.begin(), scores.end(), r.hidden.begin(), r.hidden.begin(), std::plus<>());
    }
    for (const ChannelScore& one : activated_) r.intermediate.push_back(one.scores());
    for (const ChannelScore& one : mixed_) r.heads.push_back(head_scores(one.scores()));
    return r;
  }

 private:
  std::vector<double> head_scores(const std::vector<double>& channels) const {
    std::vector<double> heads(static_cast<size_t>(c_.num_attention_heads));
    for (size_t j = 0; j < channels.size(); ++j)
      heads[j / static_cast<size_t>(c_.head_dim)] += channels[j] * channels[j];
    for (double& x : heads) x = std::sqrt(x);
    return heads;
  }

  const ModelConfig& c_;
  std::vector<ChannelScore> norms_, activated_, mixed_;
  Importance result_;
};

}  // namespace

Importance measure_importance(Context& ctx, const Decoder& decoder,
                              std::span<const std::span<const int32_t>> sequences,
                              const ProgressFn& progress) {
  RETORT_CHECK(ctx.tape == nullptr && !decoder.config().has_experts() && !sequences.empty());
  Measurement measurement(decoder.config());
  for (size_t first = 0; first < sequences.size();) {
    size_t end = first, tokens = 0;
    std::vector<int64_t> lengths;
    do {
      tokens += sequences[end].size();
      lengths.push_back(std::ssize(sequences[end]));
    } while (++end < sequences.size() && tokens + sequences[end].size() <= kTokensAtOnce);
    Arena::Mark mark(ctx.arena);
    std::vector<LayerTrace> trace;
    const Tensor normed = decoder.hidden_states(ctx, sequences.subspan(first, end - first), &trace);
    measurement.add(trace, normed, lengths);
    first = end;
    if (progress) progress("measuring what matters", first, sequences.size());
  }
  return measurement.result();
}

}  // namespace retort::train
