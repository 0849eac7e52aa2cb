// The encoders of the reference, behind the interface of the fast ones.
#include <algorithm>
#include <cmath>

#include "retort/kernels/block_encoder_levels.h"
#include "retort/tensor/float_formats.h"
#include "retort/tensor/weighted_codec.h"

namespace retort::kernels {
namespace {

template <DType kType>
void encode(const float* w, const float* importance, std::byte* out, int64_t n) noexcept {
  encode_row_weighted(kType, w, importance, out, n);
}

void encode_f8(const float* w, float scale, std::byte* out, int64_t n) noexcept {
  for (int64_t i = 0; i < n; ++i) out[i] = static_cast<std::byte>(to_f8_e4m3(w[i] / scale).bits);
}

float max_magnitude(const float* w, int64_t n) noexcept {
  float most = 0;
  for (int64_t i = 0; i < n; ++i) most = std::max(most, std::fabs(w[i]));
  return most;
}

constexpr BlockEncoders kTable = {encode<DType::q4_k>, encode<DType::q5_k>, encode<DType::q6_k>,
                                  encode<DType::q8_0>, encode_f8,           max_magnitude};

}  // namespace

const BlockEncoders& block_encoders_scalar() {
  return kTable;
}

}  // namespace retort::kernels
