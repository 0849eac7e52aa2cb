// The size of a page and the table of attention kernels of each level.
#include "retort/kernels/attention.h"

#include "retort/kernels/attention_levels.h"
#include "retort/kernels/attention_page.h"

namespace retort::kernels {

size_t KvLayout::page_bytes() const {
  return KvBlock(*this).bytes * static_cast<size_t>(num_key_value_heads);
}

const AttentionKernels& attention_kernels(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx2) return attention_kernels_avx2();
  if (isa == Isa::avx512) return attention_kernels_avx512();
  if (isa == Isa::avx512_vnni_bf16) return attention_kernels_avx512_vnni_bf16();
#endif
  static_cast<void>(isa);
  return attention_kernels_scalar();
}

}  // namespace retort::kernels
