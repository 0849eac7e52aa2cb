// Causal attention of grouped queries over whole documents: what training runs instead of the paged cache.
// Forward and backward. In f32 the forward pass is the paged kernels over pages that live as long as the
// step, so that training sees the very bits that serving computes.
#pragma once

#include <cstdint>
#include <span>

#include "retort/ops/context.h"

namespace retort {

/// Rows [first_row, first_row + n_tokens) of a step: a document of its own, which sees no other.
struct DocumentRows {
  int64_t first_row = 0;
  int64_t n_tokens = 0;
};

/// q [tokens, heads * head_dim], k and v [tokens, num_key_value_heads * head_dim], all f32 or all f64
/// -> [tokens, heads * head_dim]: softmax(q k / sqrt(head_dim)) v of each row over its document's rows up to
/// its own. f32: keys and values are rounded to BF16 as in the cache, gradients pass through; head_dim is a
/// multiple of 16, at most 256. Every row belongs to one document. With a tape, q, k and v must not change
/// until its backward.
Tensor causal_attention(Context& ctx, const Tensor& q, const Tensor& k, const Tensor& v, int head_dim,
                        std::span<const DocumentRows> documents);

}  // namespace retort
