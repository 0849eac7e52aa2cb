// The tables that the levels' files define, for attention_kernels(Isa) to choose from, and what they share.
#pragma once

#include "retort/kernels/attention.h"

namespace retort::kernels {

const AttentionKernels& attention_kernels_scalar();
const AttentionKernels& attention_kernels_avx2();
const AttentionKernels& attention_kernels_avx512();
const AttentionKernels& attention_kernels_avx512_vnni_bf16();

/// AttentionKernels::store of every level: plain code, so that a page has the same bits at all of them.
void attention_store(const float* k, const float* v, const KvView& kv, int64_t position) noexcept;

}  // namespace retort::kernels
