#include "retort/ops/rope.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "retort/base/arithmetic.h"
#include "retort/base/error.h"
#include "retort/ops/real.h"
#include "retort/ops/rope_frequencies.h"
#include "retort/ops/row_shares.h"
#include "retort/ops/tape.h"

namespace retort {
namespace {

constexpr int64_t kFine = 256;                       // positions per row of the coarse table
constexpr int64_t kMaxTabulated = int64_t{1} << 20;  // positions that the tables cover at most

void check(const RopeParameters& p) {
  if (p.rotary_dim < 2 || p.rotary_dim % 2 != 0 || p.rotary_dim > RopeTable::kMaxRotaryDim)
    fail(ErrorCode::bad_input, "rope: rotary dimension {} is not an even number from 2 to {}", p.rotary_dim,
         RopeTable::kMaxRotaryDim);
  if (!p.freq_factors.empty() && static_cast<int64_t>(p.freq_factors.size()) != p.rotary_dim / 2)
    fail(ErrorCode::bad_input, "rope: {} frequency factors, {} expected", p.freq_factors.size(),
         p.rotary_dim / 2);
  if (p.type == RopeParameters::Type::dynamic && (p.rotary_dim == 2 || p.max_position_embeddings < 1))
    fail(ErrorCode::bad_input, "rope: dynamic scaling needs a rotary dimension above 2 and a context length");
  if (p.type == RopeParameters::Type::llama3 && !(p.high_freq_factor > p.low_freq_factor))
    fail(ErrorCode::bad_input, "rope: high_freq_factor {} is not above low_freq_factor {}",
         p.high_freq_factor, p.low_freq_factor);
}

}  // namespace

RopeTable::RopeTable(const RopeParameters& p) {
  check(p);
  half_ = p.rotary_dim / 2;
  inverse_frequencies_ = rope_inverse_frequencies(p);
  attention_factor_ = rope_attention_factor(p);
  for (size_t i = 0; i < inverse_frequencies_.size(); ++i)
    if (!(inverse_frequencies_[i] > 0) || !std::isfinite(inverse_frequencies_[i]))
      fail(ErrorCode::bad_input, "rope: frequency {} is {}: theta {}, factor {}", i, inverse_frequencies_[i],
           p.theta, p.factor);
  if (!std::isfinite(attention_factor_))
    fail(ErrorCode::bad_input, "rope: the attention factor is {}", attention_factor_);
  if (p.type == RopeParameters::Type::dynamic) dynamic_ = p;

  const int64_t coarse = div_up(std::clamp<int64_t>(p.max_position_embeddings, 1, kMaxTabulated), kFine);
  coarse_.resize(static_cast<size_t>(coarse * 2 * half_));
  fine_.resize(static_cast<size_t>(kFine * 2 * half_));
  for (int64_t a = 0; a < coarse; ++a)
    angles_exactly(a * kFine, &coarse_[static_cast<size_t>(a * 2 * half_)],
                   &coarse_[static_cast<size_t>((a * 2 + 1) * half_)]);
  for (int64_t b = 0; b < kFine; ++b)
    for (int64_t i = 0; i < half_; ++i) {
      const double angle = static_cast<double>(b) * inverse_frequencies_[static_cast<size_t>(i)];
      fine_[static_cast<size_t>(b * 2 * half_ + i)] = static_cast<float>(std::cos(angle));
      fine_[static_cast<size_t>((b * 2 + 1) * half_ + i)] = static_cast<float>(std::sin(angle));
    }
  tabulated_ = coarse * kFine;
  if (p.type == RopeParameters::Type::dynamic) tabulated_ = std::min(tabulated_, p.max_position_embeddings);
}

void RopeTable::angles_exactly(int64_t position, float* cos, float* sin) const {
  const bool stretched =
      dynamic_.type == RopeParameters::Type::dynamic && position >= dynamic_.max_position_embeddings;
  for (int64_t i = 0; i < half_; ++i) {
    const float frequency = stretched ? dynamic_inverse_frequency(dynamic_, i, position + 1)
                                      : inverse_frequencies_[static_cast<size_t>(i)];
    const double angle = static_cast<double>(position) * frequency;
    cos[i] = static_cast<float>(attention_factor_ * std::cos(angle));
    sin[i] = static_cast<float>(attention_factor_ * std::sin(angle));
  }
}

void RopeTable::angles(int64_t position, float* cos, float* sin) const {
  if (position >= tabulated_) return angles_exactly(position, cos, sin);
  const float* a = &coarse_[static_cast<size_t>(position / kFine * 2 * half_)];
  const float* b = &fine_[static_cast<size_t>(position % kFine * 2 * half_)];
  const int64_t n = half_;
  for (int64_t i = 0; i < n; ++i) {
    cos[i] = a[i] * b[i] - a[n + i] * b[n + i];
    sin[i] = a[n + i] * b[i] + a[i] * b[n + i];
  }
}

namespace {

/// Cosines and sines of one position in the activations' type.
template <typename T>
struct Angles {
  static constexpr int64_t kMaxHalf = RopeTable::kMaxRotaryDim / 2;
  T cos[kMaxHalf], sin[kMaxHalf];

  void set(const RopeTable& table, int64_t position) {
    if constexpr (std::is_same_v<T, float>) {
      table.angles(position, cos, sin);
    } else {
      float c[kMaxHalf], s[kMaxHalf];
      table.angles(position, c, s);
      std::copy_n(c, table.rotary_dim() / 2, cos);
      std::copy_n(s, table.rotary_dim() / 2, sin);
    }
  }
};

/// Rotates forwards, or by the negative angles: the transposed rotation, which takes gradients back.
template <typename T>
void rotate_rows(Context& ctx, const Tensor& x, std::span<const int64_t> positions, const RopeTable& table,
                 RopeStyle style, int head_dim, bool backwards) {
  const int64_t n = x.columns(), half = table.rotary_dim() / 2;
  const auto& kernels = elementwise<T>(ctx);
  const auto rotate = style == RopeStyle::half ? kernels.rope_half : kernels.rope_interleaved;
  ctx.pool.parallel_for(x.rows(), share_rows(n), [&](int64_t begin, int64_t end) {
    Angles<T> angles;
    for (int64_t i = begin; i < end; ++i) {
      angles.set(table, positions[static_cast<size_t>(i)]);
      if (backwards) std::transform(angles.sin, angles.sin + half, angles.sin, std::negate());
      for (int64_t j = 0; j < n; j += head_dim) rotate(x.row_as<T>(i) + j, angles.cos, angles.sin, half);
    }
  });
}

}  // namespace

void rope(Context& ctx, const Tensor& x, std::span<const int64_t> positions, const RopeTable& table,
          RopeStyle style, int head_dim) {
  RETORT_CHECK(x.rows() == static_cast<int64_t>(positions.size()));
  RETORT_CHECK(head_dim > 0 && x.columns() % head_dim == 0 && table.rotary_dim() <= head_dim);
  with_real(x.dtype(), [&]<typename T>(T) {
    rotate_rows<T>(ctx, x, positions, table, style, head_dim, false);
    if (ctx.tape == nullptr) return;
    const auto backward = [x, positions, &table, style, head_dim](Context& c) {
      rotate_rows<T>(c, c.tape->gradient(x), positions, table, style, head_dim, true);
    };
    ctx.tape->record(x, backward, /*in_place=*/true);
  });
}

}  // namespace retort
