// The encoders of rows at AVX2.
#if defined(__x86_64__)
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "retort/kernels/block_encoder_levels.h"
#include "retort/kernels/target.h"
#include "retort/tensor/blocks.h"
#include "retort/tensor/float_formats.h"

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX2)
namespace retort::kernels {
namespace {

#include "retort/kernels/x86/block_encoders-inl.h"

constexpr BlockEncoders kTable = {encode_q4_k, encode_q5_k, encode_q6_k,
                                  encode_q8_0, encode_f8,   max_magnitude};

}  // namespace

const BlockEncoders& block_encoders_avx2() {
  return kTable;
}

}  // namespace retort::kernels
RETORT_TARGET_END
#endif
