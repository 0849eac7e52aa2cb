// The grids that quantised weights lie on, and rounding to them: symmetric, as compressed-tensors has them,
// the largest |w| of a row or group at 448 of E4M3 or at (2^bits - 1) / 2 integers.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace retort {

struct WeightGrid {
  std::string_view name;  // of the format, as users give it
  int bits = 8;
  bool is_e4m3 = false;  // else integers from -2^(bits-1) to 2^(bits-1) - 1
  int64_t group = 0;     // columns that share a scale; 0: all of a row
  std::string_view documentation;

  /// Whether rows of so many columns are whole groups.
  bool fits(int64_t columns) const { return group == 0 || columns % group == 0; }
};

std::span<const WeightGrid> weight_grids();
/// Null if there is none of that name.
const WeightGrid* find_weight_grid(std::string_view name);

/// The scale that n values share. A value of BF16, as the files store it; 1 where all values are 0.
float grid_scale(const WeightGrid& grid, const float* w, int64_t n);

/// The nearest values of the grid to a row, ties to even: scale * q in f32. n must fit the grid, all values
/// be finite. `out` may be `row`.
void round_to_grid(const WeightGrid& grid, const float* row, float* out, int64_t n);

}  // namespace retort
