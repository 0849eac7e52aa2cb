#include "retort/compress/row_encoder.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "retort/base/arithmetic.h"
#include "retort/base/check.h"
#include "retort/tensor/float_formats.h"
#include "retort/tensor/weighted_codec.h"

namespace retort::compress {
namespace {

constexpr int64_t kBlock = 128;  // DeepSeek-V3, weight_block_size

/// What the largest magnitude is divided by to fit; all zeros: 1, so that nothing is divided by zero.
float fp8_scale(float most) {
  const float scale = most / kMaxF8E4M3;
  return scale > 0 ? scale : 1;
}

/// Importance in f32 about 1. Columns that calibration never saw count a little, so that they are not given
/// up.
std::vector<float> weights_of(std::span<const double> importance) {
  constexpr double kLeast = 1e-3;
  double sum = 0;
  for (double x : importance) sum += x;
  const double mean = sum / static_cast<double>(std::max<size_t>(1, importance.size()));
  std::vector<float> weights;
  for (double x : importance) weights.push_back(static_cast<float>(mean > 0 ? x / mean + kLeast : 1.0));
  return weights;
}

void encode_plain(const kernels::BlockEncoders& kernels, DType dtype, MatrixView w,
                  std::span<const double> importance, EncodedRows& out) {
  const int64_t bytes = row_bytes(dtype, w.columns);
  const std::vector<float> weights = weights_of(importance);
  const float* u = weights.empty() ? nullptr : weights.data();
  const auto fast = kernels.of(dtype);
  for (int64_t r = 0; r < w.rows; ++r) {
    std::byte* to = out.values.data() + r * bytes;
    if (fast != nullptr)
      fast(w.row(r), u, to, w.columns);
    else
      encode_row_weighted(dtype, w.row(r), u, to, w.columns);
  }
}

void encode_fp8_channels(const kernels::BlockEncoders& kernels, MatrixView w, EncodedRows& out) {
  for (int64_t r = 0; r < w.rows; ++r) {
    // Rounded to what is stored before it divides.
    float scale = to_f32(to_bf16(fp8_scale(kernels.max_magnitude(w.row(r), w.columns))));
    if (!(scale > 0)) scale = 1;
    out.scales.push_back(scale);
    kernels.f8_e4m3(w.row(r), scale, out.values.data() + r * w.columns, w.columns);
  }
}

void encode_fp8_blocks(const kernels::BlockEncoders& kernels, MatrixView w, EncodedRows& out) {
  for (int64_t top = 0; top < w.rows; top += kBlock)
    for (int64_t left = 0; left < w.columns; left += kBlock) {
      const int64_t bottom = std::min(top + kBlock, w.rows), width = std::min(kBlock, w.columns - left);
      float most = 0;
      for (int64_t r = top; r < bottom; ++r)
        most = std::max(most, kernels.max_magnitude(w.row(r) + left, width));
      const float scale = fp8_scale(most);
      out.scales.push_back(scale);
      for (int64_t r = top; r < bottom; ++r)
        kernels.f8_e4m3(w.row(r) + left, scale, out.values.data() + r * w.columns + left, width);
    }
}

}  // namespace

void encode_rows(const kernels::BlockEncoders& kernels, const Encoding& encoding, MatrixView w,
                 std::span<const double> importance, EncodedRows& out) {
  out.values.resize(static_cast<size_t>(w.rows * encoding.row_bytes(w.columns)));
  out.scales.clear();
  switch (encoding.kind) {
    case Encoding::Kind::rows:
      return encode_plain(kernels, encoding.dtype, w, importance, out);
    case Encoding::Kind::fp8_channel:
      return encode_fp8_channels(kernels, w, out);
    case Encoding::Kind::fp8_block:
      return encode_fp8_blocks(kernels, w, out);
    case Encoding::Kind::integer:
      return encode_integers(round_to_nearest(w, encoding.grid, importance), out);
  }
}

void encode_integers(const IntegerMatrix& m, EncodedRows& out) {
  out.values.resize(m.q.size() * static_cast<size_t>(m.grid.bits) / 8);
  out.scales = m.scale;
  if (m.grid.bits == 8) {
    std::memcpy(out.values.data(), m.q.data(), m.q.size());
    return;
  }
  for (size_t i = 0; i < out.values.size(); ++i)
    out.values[i] = static_cast<std::byte>((m.q[2 * i] + 8) | (m.q[2 * i + 1] + 8) << 4);
}

}  // namespace retort::compress
