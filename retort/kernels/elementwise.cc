// The table of elementwise kernels of each level.
#include "retort/kernels/elementwise.h"

#include "retort/kernels/elementwise_levels.h"

namespace retort::kernels {

const ElementwiseKernels& elementwise_kernels(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx2) return elementwise_kernels_avx2();
  if (isa == Isa::avx512) return elementwise_kernels_avx512();
  if (isa == Isa::avx512_vnni_bf16) return elementwise_kernels_avx512_vnni_bf16();
#endif
  static_cast<void>(isa);
  return elementwise_kernels_scalar();
}

}  // namespace retort::kernels
