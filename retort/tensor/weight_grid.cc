#include "retort/tensor/weight_grid.h"

#include <algorithm>
#include <cmath>

#include "retort/base/check.h"
#include "retort/tensor/float_formats.h"

namespace retort {
namespace {

constexpr WeightGrid kGrids[] = {
#define X(id, name, bits, e4m3, group, doc) {name, bits, e4m3, group, doc},
#include "retort/tensor/weight_grids.inc"
#undef X
};

float greatest(const float* w, int64_t n) {
  float most = 0;
  for (int64_t i = 0; i < n; ++i) most = std::max(most, std::fabs(w[i]));
  return most;
}

/// To the nearest integer, ties to even, for |x| < 2^22: there an f32 has no bits behind the point.
float nearest(float x) {
  constexpr float kShift = 0x1.8p23f;
  return (x + kShift) - kShift;
}

void round_to_integers(int bits, const float* w, float scale, float* out, int64_t n) {
  const auto least = static_cast<float>(-(1 << (bits - 1))), most = static_cast<float>((1 << (bits - 1)) - 1);
  for (int64_t i = 0; i < n; ++i) out[i] = scale * std::clamp(nearest(w[i] / scale), least, most);
}

void round_to_e4m3(const float* w, float scale, float* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) out[i] = scale * to_f32(to_f8_e4m3(w[i] / scale));
}

}  // namespace

std::span<const WeightGrid> weight_grids() {
  return kGrids;
}

const WeightGrid* find_weight_grid(std::string_view name) {
  const auto* grid =
      std::find_if(std::begin(kGrids), std::end(kGrids), [&](const WeightGrid& g) { return g.name == name; });
  return grid == std::end(kGrids) ? nullptr : grid;
}

float grid_scale(const WeightGrid& grid, const float* w, int64_t n) {
  const float most = grid.is_e4m3 ? kMaxF8E4M3 : static_cast<float>((1 << grid.bits) - 1) / 2;
  const float scale = to_f32(to_bf16(greatest(w, n) / most));
  return scale > 0 ? scale : 1;  // nothing but zeros, or so near to it that a BF16 has no scale for it
}

void round_to_grid(const WeightGrid& grid, const float* row, float* out, int64_t n) {
  RETORT_CHECK(grid.fits(n));
  const int64_t group = grid.group == 0 ? n : grid.group;
  for (int64_t i = 0; i < n; i += group) {
    const float scale = grid_scale(grid, row + i, group);
    if (grid.is_e4m3)
      round_to_e4m3(row + i, scale, out + i, group);
    else
      round_to_integers(grid.bits, row + i, scale, out + i, group);
  }
}

}  // namespace retort
