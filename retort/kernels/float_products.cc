// The table of float products of each level.
#include "retort/kernels/float_products.h"

#include "retort/kernels/float_levels.h"

namespace retort::kernels {

const FloatProducts& float_products(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx2) return float_products_avx2();
  if (isa == Isa::avx512) return float_products_avx512();
  if (isa == Isa::avx512_vnni_bf16) return float_products_avx512_vnni_bf16();
#endif
  static_cast<void>(isa);
  return float_products_scalar();
}

}  // namespace retort::kernels
