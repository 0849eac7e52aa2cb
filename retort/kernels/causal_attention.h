// The backward pass of causal attention over whole documents. Nothing of the size tokens x tokens is held:
// the probabilities are computed again from the logarithms of their sums, which the forward pass keeps
// (FlashAttention-2, Dao 2023, algorithm 2).
#pragma once

#include <cstddef>
#include <cstdint>

#include "retort/kernels/isa.h"

namespace retort::kernels {

/// One key-value head of one document with the query heads of its group. Token t sees tokens 0 to t.
template <typename T>
struct CausalHead {
  int64_t n_tokens;
  int group;     // query heads
  int head_dim;  // f32: a multiple of 16, at most 256
  T scale;       // 1 / sqrt(head_dim)
  const T* q;    // of token t and head h: q + t * q_stride + h * head_dim
  int64_t q_stride;
  const T* k;  // of token t: k + t * kv_stride
  const T* v;
  int64_t kv_stride;
};

/// Strides are those of the head: y, dy and dq lie as q does, dk and dv as k.
template <typename T>
struct CausalGradients {
  const T* y;
  const T* dy;
  const T* log_sums;  // of token t and head h: log_sums[t * log_sums_stride + h] = log sum_j exp(score_j)
  int64_t log_sums_stride;
  T* dq;  // all three are written as a whole
  T* dk;
  T* dv;
};

struct CausalAttentionKernels {
  size_t (*scratch_bytes)(int64_t n_tokens, int group, int head_dim) noexcept;
  /// Keys and values count as the forward pass saw them: rounded to BF16, through which gradients pass
  /// unchanged. `scratch`: scratch_bytes bytes, 64-byte aligned.
  void (*backward)(const CausalHead<float>& head, const CausalGradients<float>& gradients,
                   std::byte* scratch) noexcept;
};

/// The table of a level; each level's file defines one.
const CausalAttentionKernels& causal_attention_kernels(Isa isa);

/// The same in f64, without rounding, and the forward pass that belongs to it: y and log_sums as in
/// CausalGradients.
size_t causal_scratch_bytes_f64(int64_t n_tokens) noexcept;
void causal_forward_f64(const CausalHead<double>& head, double* y, double* log_sums, int64_t log_sums_stride,
                        std::byte* scratch) noexcept;
void causal_backward_f64(const CausalHead<double>& head, const CausalGradients<double>& gradients) noexcept;

}  // namespace retort::kernels
