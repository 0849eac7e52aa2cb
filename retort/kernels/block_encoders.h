// Encoders of rows, fast: the same bits as tensor/codec's, which is the reference.
#pragma once

#include <cstddef>
#include <cstdint>

#include "retort/kernels/isa.h"
#include "retort/tensor/dtype.h"

namespace retort::kernels {

struct BlockEncoders {
  /// n elements, a multiple of the dtype's block; `importance` of each, or null. All finite.
  using Encode = void (*)(const float* w, const float* importance, std::byte* out, int64_t n) noexcept;

  /// Null for types that have none: tensor/codec's encode_row is as good.
  Encode of(DType dtype) const;

  Encode q4_k = nullptr, q5_k = nullptr, q6_k = nullptr, q8_0 = nullptr;
  /// n values divided by `scale`, to the nearest of FP8 E4M3; saturates.
  void (*f8_e4m3)(const float* w, float scale, std::byte* out, int64_t n) noexcept = nullptr;
  /// The largest magnitude; 0 of none.
  float (*max_magnitude)(const float* w, int64_t n) noexcept = nullptr;
};

const BlockEncoders& block_encoders(Isa isa);

}  // namespace retort::kernels
