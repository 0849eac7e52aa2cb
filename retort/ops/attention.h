// Causal attention of grouped queries over the paged key-value cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "retort/ops/context.h"

namespace retort {

/// The pages of one layer: page p starts at base + p * page_stride.
struct KvLayer {
  kernels::KvLayout layout;
  std::byte* base;
  size_t page_stride;
};

/// The rows of one sequence in a step: rows [first_row, first_row + n_tokens) stand at positions
/// [position, position + n_tokens). Entry i of the page table holds positions [32 i, 32 i + 32).
struct AttentionSequence {
  int64_t first_row = 0;
  int64_t n_tokens = 0;
  int64_t position = 0;
  std::span<const int32_t> page_table;
};

/// Writes keys and values [tokens, num_key_value_heads * head_dim] of all rows into their pages.
void kv_store(Context& ctx, const Tensor& k, const Tensor& v, const KvLayer& kv,
              std::span<const AttentionSequence> sequences);

/// q [tokens, heads * head_dim] -> [tokens, heads * head_dim]: softmax(q k / sqrt(head_dim)) v of each row
/// over its sequence's positions up to its own, which are in the cache. Rows of no sequence stay undefined.
/// If wanted, log_sums [tokens, heads] f32 gets log sum_j exp(score_j), which a backward pass needs.
Tensor attention(Context& ctx, const Tensor& q, const KvLayer& kv,
                 std::span<const AttentionSequence> sequences, const Tensor* log_sums = nullptr);

}  // namespace retort
