// The tables that the levels' files define, for elementwise_kernels(Isa) to choose from.
#pragma once

#include "retort/kernels/elementwise.h"

namespace retort::kernels {

const ElementwiseKernels& elementwise_kernels_scalar();
const ElementwiseKernels& elementwise_kernels_avx2();
const ElementwiseKernels& elementwise_kernels_avx512();
const ElementwiseKernels& elementwise_kernels_avx512_vnni_bf16();

}  // namespace retort::kernels
