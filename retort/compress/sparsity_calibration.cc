#include "retort/compress/sparsity_calibration.h"

#include <bit>
#include <cmath>

#include "retort/base/check.h"
#include "retort/base/error.h"
#include "retort/compress/sparsity_levels.h"

namespace retort::compress {
namespace {

constexpr size_t kTokensAtOnce = 512, kLossTokens = 192;

/// How often |x| fell between neighbouring values of 16 bits: to 1 part in 128.
class Magnitudes {
 public:
  Magnitudes() : counts_(kBuckets) {}

  void add(const Tensor& x) {
    for (int64_t i = 0; i < x.shape().elements(); ++i)
      ++counts_[std::bit_cast<uint32_t>(std::abs(x.f32()[i])) >> kShift];
    n_ += x.shape().elements();
  }

  /// 0 for the quantile 0, and where nothing was added.
  float quantile(double share) const {
    double below = 0, wanted = share * static_cast<double>(n_);
    if (wanted <= 0) return 0;
    for (uint32_t b = 0; b < kBuckets; ++b) {
      const auto here = static_cast<double>(counts_[b]);
      if (here == 0 || below + here < wanted) {
        below += here;
        continue;
      }
      const double low = std::bit_cast<float>(b << kShift), high = std::bit_cast<float>((b + 1) << kShift);
      return static_cast<float>(low + (high - low) * (wanted - below) / here);
    }
    RETORT_CHECK(false);
  }

 private:
  static constexpr uint32_t kShift = 16, kBuckets = 0x8000;
  std::vector<int64_t> counts_;
  int64_t n_ = 0;
};

using SiteMagnitudes = std::array<Magnitudes, kInputSites>;

/// The inputs of a layer's sites; without bytes where there is none.
std::array<Tensor, kInputSites> inputs_of(const LayerTrace& trace) {
  const bool mixture = trace.activated.bytes() == nullptr;
  return {trace.attention_norm, trace.mixed, mixture ? Tensor() : trace.mlp_norm, trace.activated};
}

using Documents = std::span<const std::span<const int32_t>>;

/// Calls use(traces of all layers) for some documents after the other.
template <typename F>
void for_each_trace(Context& ctx, const Decoder& decoder, Documents documents, std::string_view what,
                    const ProgressFn& progress, F use) {
  for (size_t first = 0; first < documents.size();) {
    size_t end = first, tokens = 0;
    do tokens += documents[end].size();
    while (++end < documents.size() && tokens + documents[end].size() <= kTokensAtOnce);
    Arena::Mark mark(ctx.arena);
    std::vector<LayerTrace> trace;
    decoder.hidden_states(ctx, documents.subspan(first, end - first), &trace);
    use(std::span<const LayerTrace>(trace));
    first = end;
    if (progress) progress(what, first, documents.size());
  }
}

double squares(std::span<const Tensor> all) {
  double sum = 0;
  for (const Tensor& y : all)
    for (int64_t i = 0; i < y.shape().elements(); ++i) sum += static_cast<double>(y.f32()[i]) * y.f32()[i];
  return sum;
}

/// The squares of what products lose, step by step of the sites' levels, and of the products themselves.
class Losses {
 public:
  Losses(const Decoder& decoder, std::span<const SiteMagnitudes> magnitudes)
      : decoder_(decoder), magnitudes_(magnitudes), layers_(magnitudes.size()) {}

  void add(Context& ctx, std::span<const LayerTrace> trace, const ProgressFn& progress) {
    for (size_t l = 0; l < trace.size(); ++l) {
      const InputPruning::SiteLayers sites = decoder_.site_layers(static_cast<int64_t>(l));
      const std::array<Tensor, kInputSites> inputs = inputs_of(trace[l]);
      for (size_t s = 0; s < kInputSites; ++s)
        if (!sites[s].empty()) add(ctx, inputs[s], sites[s], magnitudes_[l][s], layers_[l][s]);
      if (progress) progress("measuring losses, layer", l + 1, trace.size());
    }
  }

  SiteCosts costs(size_t layer) const {
    SiteCosts out;
    const InputPruning::SiteLayers sites = decoder_.site_layers(static_cast<int64_t>(layer));
    for (size_t s = 0; s < kInputSites; ++s) {
      const Loss& loss = layers_[layer][s];
      for (double lost : loss.lost) out.error[s].push_back(loss.whole > 0 ? lost / loss.whole : 0);
      for (const Linear* matrix : sites[s])
        out.weights[s] += static_cast<double>(matrix->out_features() * matrix->in_features());
    }
    return out;
  }

 private:
  static constexpr int kSteps = 10;
  struct Loss {
    double whole = 0;
    std::vector<double> lost = std::vector<double>(kSteps + 1);
  };

  void add(Context& ctx, const Tensor& x, std::span<const Linear* const> matrices,
           const Magnitudes& magnitudes, Loss& loss) const {
    Arena::Mark mark(ctx.arena);
    Tensor small = ctx.empty(x.shape());
    std::vector<Tensor> y(matrices.size());
    for (int step = 1; step <= kSteps; ++step) {
      const float threshold = magnitudes.quantile(static_cast<double>(step) / kSteps);
      for (int64_t i = 0; i < x.shape().elements(); ++i)
        small.f32()[i] = step == kSteps || std::abs(x.f32()[i]) <= threshold ? x.f32()[i] : 0.0f;
      Arena::Mark products(ctx.arena);
      linear(ctx, small, matrices, y);
      loss.lost[static_cast<size_t>(step)] += squares(y);
    }
    loss.whole = loss.lost.back();
  }

  const Decoder& decoder_;
  std::span<const SiteMagnitudes> magnitudes_;
  std::vector<std::array<Loss, kInputSites>> layers_;
};

/// The first documents of up to so many tokens: losses need fewer than quantiles, and are dearer.
Documents beginning(Documents documents, size_t tokens) {
  size_t n = 0;
  for (size_t sum = 0; n < documents.size() && sum < tokens; ++n) sum += documents[n].size();
  return documents.first(n);
}

/// [grid][layers]
std::vector<std::vector<SiteLevels>> levels_of(Context& ctx, const Decoder& decoder, Documents documents,
                                               std::span<const SiteMagnitudes> magnitudes,
                                               std::span<const double> grid, LevelChoice choice,
                                               const ProgressFn& progress) {
  std::vector<std::vector<SiteLevels>> out(grid.size(), std::vector<SiteLevels>(magnitudes.size()));
  if (choice == LevelChoice::uniform) {
    for (size_t i = 0; i < grid.size(); ++i)
      for (SiteLevels& layer : out[i]) layer.fill(grid[i]);
    return out;
  }
  Losses losses(decoder, magnitudes);
  for_each_trace(ctx, decoder, beginning(documents, kLossTokens), "", {},
                 [&](std::span<const LayerTrace> trace) { losses.add(ctx, trace, progress); });
  for (size_t l = 0; l < magnitudes.size(); ++l) {
    const std::vector<SiteLevels> levels = choose_levels(losses.costs(l), grid);
    for (size_t i = 0; i < grid.size(); ++i) out[i][l] = levels[i];
  }
  return out;
}

/// NaN and infinity stand above all other magnitudes.
void require_finite(std::span<const SiteMagnitudes> magnitudes) {
  for (size_t l = 0; l < magnitudes.size(); ++l)
    for (size_t s = 0; s < kInputSites; ++s)
      if (!std::isfinite(magnitudes[l][s].quantile(1)))
        fail(ErrorCode::bad_input,
             "layer {}: {}: inputs are not finite on this text; look for NaN or infinity among the weights",
             l, kInputSiteNames[s]);
}

}  // namespace

std::vector<double> sparsity_grid() {
  std::vector<double> grid;
  for (int i = 0; i <= 14; ++i) grid.push_back(i / 20.0);
  return grid;
}

std::vector<std::vector<LayerThresholds>> measure_thresholds(Context& ctx, const Decoder& decoder,
                                                             Documents documents,
                                                             std::span<const double> grid, LevelChoice choice,
                                                             const ProgressFn& progress) {
  RETORT_CHECK(ctx.tape == nullptr && !documents.empty() && decoder.input_pruning() == nullptr);
  std::vector<SiteMagnitudes> magnitudes(static_cast<size_t>(decoder.config().num_hidden_layers));
  for_each_trace(ctx, decoder, documents, "measuring magnitudes", progress,
                 [&](std::span<const LayerTrace> trace) {
                   ctx.pool.parallel_for(std::ssize(trace), 1, [&](int64_t begin, int64_t end) {
                     for (auto l = static_cast<size_t>(begin); l < static_cast<size_t>(end); ++l) {
                       const std::array<Tensor, kInputSites> inputs = inputs_of(trace[l]);
                       for (size_t s = 0; s < kInputSites; ++s)
                         if (inputs[s].bytes()) magnitudes[l][s].add(inputs[s]);
                     }
                   });
                 });
  require_finite(magnitudes);
  const auto levels = levels_of(ctx, decoder, documents, magnitudes, grid, choice, progress);
  std::vector<std::vector<LayerThresholds>> out(grid.size(), std::vector<LayerThresholds>(magnitudes.size()));
  for (size_t i = 0; i < grid.size(); ++i)
    for (size_t l = 0; l < magnitudes.size(); ++l)
      for (size_t s = 0; s < kInputSites; ++s) out[i][l][s] = magnitudes[l][s].quantile(levels[i][l][s]);
  return out;
}

}  // namespace retort::compress
