// The kernels that the levels' files define, for int8_multiply(Isa) to choose from.
#pragma once

#include "retort/kernels/int8_products.h"

namespace retort::kernels {

#define RETORT_INT8_LEVEL(name)                                                                        \
  void name(const std::byte* panels, int64_t n_rows, const float* row_scale, const Int8Activations& x, \
            float* out, int64_t ldo) noexcept
RETORT_INT8_LEVEL(int8_multiply_scalar);
RETORT_INT8_LEVEL(int8_multiply_avx2);
RETORT_INT8_LEVEL(int8_multiply_avx512);
RETORT_INT8_LEVEL(int8_multiply_vnni);
#undef RETORT_INT8_LEVEL

}  // namespace retort::kernels
