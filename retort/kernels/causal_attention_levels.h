// The tables that the levels' files define, for causal_attention_kernels(Isa) to choose from.
#pragma once

#include "retort/kernels/causal_attention.h"

namespace retort::kernels {

const CausalAttentionKernels& causal_attention_kernels_scalar();
const CausalAttentionKernels& causal_attention_kernels_avx2();
const CausalAttentionKernels& causal_attention_kernels_avx512();
const CausalAttentionKernels& causal_attention_kernels_avx512_vnni_bf16();

}  // namespace retort::kernels
