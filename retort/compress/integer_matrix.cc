// Round to nearest: the grid of compressed-tensors (weights symmetric, scale = 2 max|w| / (2^bits - 1),
// stored as BF16), and the search of a better scale where the importance of columns is known.
#include "retort/compress/integer_matrix.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "retort/base/check.h"
#include "retort/tensor/float_formats.h"

namespace retort::compress {
namespace {

float bf16_rounded(float x) {
  return to_f32(to_bf16(x));
}

struct Range {
  float low, high;  // of q
};

Range range_of(int bits) {
  const auto half = static_cast<float>(1 << (bits - 1));
  return {-half, half - 1};
}

/// Ties to even. Adding 1.5 * 2^23 rounds to an integer; unlike a call of nearbyint it runs in vectors.
float nearest(float w, float scale, Range range) {
  constexpr float kMagic = 12582912.0f;
  float x = w / scale;
  x = x < range.low ? range.low : x;
  x = x > range.high ? range.high : x;
  return (x + kMagic) - kMagic;
}

/// max|w| over half the number of levels.
float plain_scale(std::span<const float> w, int bits) {
  // Magnitudes are ordered as their bits are, and integers have a maximum in vectors.
  int32_t most = 0;
  for (float x : w) most = std::max(most, std::bit_cast<int32_t>(x) & 0x7fffffff);
  return bf16_rounded(std::bit_cast<float>(most) / (static_cast<float>((1 << bits) - 1) / 2));
}

double weighted_error(std::span<const float> w, std::span<const double> importance, float scale,
                      Range range) {
  double error = 0;
  for (size_t i = 0; i < w.size(); ++i) {
    const double difference = scale * nearest(w[i], scale, range) - w[i];
    error += importance[i] * difference * difference;
  }
  return error;
}

/// Searched from 0.7 to 1.1 of the plain scale: clipping the largest weights buys a finer grid for the
/// others.
float searched_scale(std::span<const float> w, std::span<const double> importance, float plain, int bits) {
  constexpr int kSteps = 40;
  const Range range = range_of(bits);
  float best = plain;
  double least = weighted_error(w, importance, plain, range);
  for (int step = 0; step <= kSteps; ++step) {
    const float scale = bf16_rounded(plain * (0.7f + 0.01f * static_cast<float>(step)));
    if (!(scale > 0)) continue;
    const double error = weighted_error(w, importance, scale, range);
    if (error < least) least = error, best = scale;
  }
  return best;
}

}  // namespace

IntegerMatrix round_to_nearest(MatrixView w, IntegerGrid grid, std::span<const double> importance) {
  const int64_t group = grid.group == 0 ? w.columns : grid.group;
  RETORT_CHECK(w.columns % group == 0);
  RETORT_CHECK(importance.empty() || importance.size() == static_cast<size_t>(w.columns));
  IntegerMatrix m{grid, w.rows, w.columns, {}, {}};
  m.q.resize(static_cast<size_t>(w.rows * w.columns));
  m.scale.reserve(static_cast<size_t>(w.rows * m.groups()));
  const Range range = range_of(grid.bits);
  for (int64_t r = 0; r < w.rows; ++r)
    for (int64_t begin = 0; begin < w.columns; begin += group) {
      const std::span values(w.row(r) + begin, static_cast<size_t>(group));
      float scale = plain_scale(values, grid.bits);
      if (!(scale > 0)) scale = 1;
      if (!importance.empty())
        scale =
            searched_scale(values, importance.subspan(static_cast<size_t>(begin), static_cast<size_t>(group)),
                           scale, grid.bits);
      m.scale.push_back(scale);
      int8_t* q = m.q.data() + r * w.columns + begin;
      for (int64_t i = 0; i < group; ++i)
        q[i] = static_cast<int8_t>(nearest(values[static_cast<size_t>(i)], scale, range));
    }
  return m;
}

}  // namespace retort::compress
