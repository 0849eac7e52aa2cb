// A matrix as integers with scales: what round-to-nearest, GPTQ and AWQ make and what writers encode.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace retort::compress {

/// Symmetric: w[r][c] ~ scale[r][c / group] * q[r][c], q in [-2^(bits-1), 2^(bits-1) - 1].
struct IntegerGrid {
  int bits = 8;       // 4 or 8
  int64_t group = 0;  // columns that share a scale; 0: the whole row
  bool operator==(const IntegerGrid&) const = default;
};

struct IntegerMatrix {
  IntegerGrid grid;
  int64_t rows = 0, columns = 0;
  std::vector<int8_t> q;     // [rows, columns]
  std::vector<float> scale;  // [rows, groups], representable in the type that the layout stores (BF16)

  int64_t groups() const { return grid.group == 0 ? 1 : columns / grid.group; }
};

/// A matrix in f32, rows behind one another.
struct MatrixView {
  const float* data = nullptr;
  int64_t rows = 0, columns = 0;
  const float* row(int64_t r) const { return data + r * columns; }
};

/// Each weight to the nearest value of the grid. Without importance (empty) a group's scale is
/// max|w| / (2^bits - 1) * 2 as compressed-tensors has it; with it ([columns]) the scale, searched near that
/// one, whose squared error weighted by importance is smallest. A group of zeros gets the scale 1.
IntegerMatrix round_to_nearest(MatrixView w, IntegerGrid grid, std::span<const double> importance = {});

}  // namespace retort::compress
