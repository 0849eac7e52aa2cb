#include "retort/ops/rope_frequencies.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace retort {
namespace {

/// theta^(2 i / dim), the length of a radian in positions.
float pos_freq(double theta, int64_t i, int64_t dim) {
  float exponent = static_cast<float>(2 * i) / static_cast<float>(dim);
  return static_cast<float>(std::pow(theta, static_cast<double>(exponent)));
}

int64_t original_context(const RopeParameters& p) {
  return p.original_max_position_embeddings > 0 ? p.original_max_position_embeddings
                                                : p.max_position_embeddings;
}

/// Short wavelengths stay, long ones are stretched by the factor, those between are blended.
float llama3(const RopeParameters& p, int64_t i) {
  const auto context = static_cast<double>(original_context(p));
  const float inverse = 1.0f / pos_freq(p.theta, i, p.rotary_dim);
  const float wavelength = static_cast<float>(2 * std::numbers::pi) / inverse;
  if (wavelength > static_cast<float>(context / p.low_freq_factor))
    return inverse / static_cast<float>(p.factor);
  if (wavelength < static_cast<float>(context / p.high_freq_factor)) return inverse;
  float smooth = (static_cast<float>(context) / wavelength - static_cast<float>(p.low_freq_factor)) /
                 static_cast<float>(p.high_freq_factor - p.low_freq_factor);
  return (1.0f - smooth) * inverse / static_cast<float>(p.factor) + smooth * inverse;
}

/// Yarn's ramp (Peng et al. 2023, section 3.2): from index `low` to `high`, frequencies go from kept to
/// stretched.
struct YarnRamp {
  double low, high;

  explicit YarnRamp(const RopeParameters& p) : low(index(p, p.beta_fast)), high(index(p, p.beta_slow)) {
    if (p.truncate) {
      low = std::floor(low);
      high = std::ceil(high);
    }
    low = std::max(low, 0.0);
    high = std::min(high, static_cast<double>(p.rotary_dim - 1));
    if (low == high) high += 0.001;  // as Hugging Face does, against a division by zero
  }
  /// The index whose wavelength fits `rotations` times into the original context.
  static double index(const RopeParameters& p, double rotations) {
    double context = static_cast<double>(original_context(p));
    return static_cast<double>(p.rotary_dim) * std::log(context / (rotations * 2 * std::numbers::pi)) /
           (2 * std::log(p.theta));
  }
  float at(int64_t i) const {
    float x = (static_cast<float>(i) - static_cast<float>(low)) / static_cast<float>(high - low);
    return std::clamp(x, 0.0f, 1.0f);
  }
};

float yarn(const RopeParameters& p, const YarnRamp& ramp, int64_t i) {
  const float length = pos_freq(p.theta, i, p.rotary_dim);
  const float kept = 1.0f - ramp.at(i);
  const float extrapolated = 1.0f / length, interpolated = 1.0f / (static_cast<float>(p.factor) * length);
  return interpolated * (1.0f - kept) + extrapolated * kept;
}

double yarn_mscale(double scale, double mscale) {
  return scale <= 1 ? 1.0 : 0.1 * mscale * std::log(scale) + 1.0;
}

}  // namespace

float dynamic_inverse_frequency(const RopeParameters& p, int64_t i, int64_t seq_len) {
  const auto dim = static_cast<double>(p.rotary_dim), limit = static_cast<double>(p.max_position_embeddings);
  const double length = std::max(static_cast<double>(seq_len), limit);
  const double theta = p.theta * std::pow(p.factor * length / limit - (p.factor - 1), dim / (dim - 2));
  float inverse = 1.0f / pos_freq(theta, i, p.rotary_dim);
  return p.freq_factors.empty() ? inverse : inverse / p.freq_factors[static_cast<size_t>(i)];
}

std::vector<float> rope_inverse_frequencies(const RopeParameters& p) {
  using Type = RopeParameters::Type;
  const YarnRamp ramp(p);
  std::vector<float> all(static_cast<size_t>(p.rotary_dim / 2));
  for (size_t j = 0; j < all.size(); ++j) {
    const auto i = static_cast<int64_t>(j);
    const float plain = 1.0f / pos_freq(p.theta, i, p.rotary_dim);
    switch (p.type) {
      case Type::none:
      case Type::dynamic:
        all[j] = plain;
        break;  // at its initial length, dynamic scaling changes nothing
      case Type::linear:
        all[j] = plain / static_cast<float>(p.factor);
        break;
      case Type::llama3:
        all[j] = llama3(p, i);
        break;
      case Type::yarn:
        all[j] = yarn(p, ramp, i);
        break;
    }
    if (!p.freq_factors.empty()) all[j] /= p.freq_factors[j];
  }
  return all;
}

double rope_attention_factor(const RopeParameters& p) {
  if (p.type != RopeParameters::Type::yarn) return 1.0;
  if (p.attention_factor) return *p.attention_factor;
  if (p.mscale.value_or(0) != 0 && p.mscale_all_dim.value_or(0) != 0)
    return yarn_mscale(p.factor, *p.mscale) / yarn_mscale(p.factor, *p.mscale_all_dim);
  return yarn_mscale(p.factor, 1.0);
}

}  // namespace retort
