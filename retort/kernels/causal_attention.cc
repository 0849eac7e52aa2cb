// The table of kernels of causal attention's backward pass of each level.
#include "retort/kernels/causal_attention.h"

#include "retort/kernels/causal_attention_levels.h"

namespace retort::kernels {

const CausalAttentionKernels& causal_attention_kernels(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx2) return causal_attention_kernels_avx2();
  if (isa == Isa::avx512) return causal_attention_kernels_avx512();
  if (isa == Isa::avx512_vnni_bf16) return causal_attention_kernels_avx512_vnni_bf16();
#endif
  static_cast<void>(isa);
  return causal_attention_kernels_scalar();
}

}  // namespace retort::kernels
