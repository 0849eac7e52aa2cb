#include "retort/compress/sparsity_calibration.h"

#include <bit>
#include <cmath>

#include "retort/base/check.h"

namespace retort::compress {
namespace {

constexpr size_t kTokensAtOnce = 512;

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

void add(const LayerTrace& trace, SiteMagnitudes& sites) {
  const Tensor* inputs[kInputSites] = {&trace.attention_norm, &trace.mixed, &trace.mlp_norm,
                                       &trace.activated};
  const bool mixture = trace.activated.bytes() == nullptr;
  for (size_t s = 0; s < kInputSites; ++s)
    if (s < static_cast<size_t>(InputSite::mlp) || !mixture) sites[s].add(*inputs[s]);
}

}  // namespace

std::vector<double> sparsity_grid() {
  std::vector<double> grid;
  for (int i = 0; i <= 14; ++i) grid.push_back(i / 20.0);
  return grid;
}

std::vector<std::vector<LayerThresholds>> measure_thresholds(
    Context& ctx, const Decoder& decoder, std::span<const std::span<const int32_t>> documents,
    std::span<const double> grid, const ProgressFn& progress) {
  RETORT_CHECK(ctx.tape == nullptr && !documents.empty() && decoder.input_pruning() == nullptr);
  std::vector<SiteMagnitudes> layers(static_cast<size_t>(decoder.config().num_hidden_layers));
  for (size_t first = 0; first < documents.size();) {
    size_t end = first, tokens = 0;
    do tokens += documents[end].size();
    while (++end < documents.size() && tokens + documents[end].size() <= kTokensAtOnce);
    Arena::Mark mark(ctx.arena);
    std::vector<LayerTrace> trace;
    decoder.hidden_states(ctx, documents.subspan(first, end - first), &trace);
    ctx.pool.parallel_for(std::ssize(trace), 1, [&](int64_t b, int64_t e) {
      for (auto l = static_cast<size_t>(b); l < static_cast<size_t>(e); ++l) add(trace[l], layers[l]);
    });
    first = end;
    if (progress) progress("measuring magnitudes", first, documents.size());
  }
  std::vector<std::vector<LayerThresholds>> out;
  for (double sparsity : grid) {
    auto& thresholds = out.emplace_back();
    for (const SiteMagnitudes& sites : layers) {
      LayerThresholds& layer = thresholds.emplace_back();
      for (size_t s = 0; s < kInputSites; ++s) layer[s] = sites[s].quantile(sparsity);
    }
  }
  return out;
}

}  // namespace retort::compress
