// The table of encoders of each level.
#include "retort/kernels/block_encoders.h"

#include "retort/kernels/block_encoder_levels.h"

namespace retort::kernels {

BlockEncoders::Encode BlockEncoders::of(DType dtype) const {
  if (dtype == DType::q4_k) return q4_k;
  if (dtype == DType::q5_k) return q5_k;
  if (dtype == DType::q6_k) return q6_k;
  if (dtype == DType::q8_0) return q8_0;
  return nullptr;
}

const BlockEncoders& block_encoders(Isa isa) {
#if defined(__x86_64__)
  if (isa != Isa::scalar) return block_encoders_avx2();
#endif
  static_cast<void>(isa);
  return block_encoders_scalar();
}

}  // namespace retort::kernels
