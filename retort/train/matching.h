// Layer-wise matching of a student with its teacher: hidden states through a learned projection (TinyBERT,
// Jiao et al. 2020, equation 8) and relations between tokens, which need no equal number of heads (MiniLMv2,
// Wang et al. 2021, equations 5 to 7).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "retort/ops/causal_attention.h"
#include "retort/ops/context.h"

namespace retort::train {

/// A loss whose gradients wait for their weight, which may depend on the values of other losses.
struct PendingLoss {
  struct Part {
    Tensor of, gradient;
  };
  double value = 0;
  std::vector<Part> parts;  // in the context's arena
};

/// Adds scale * gradient to the sinks of ctx.tape.
void seed(Context& ctx, const PendingLoss& loss, double scale);

/// How much a loss has to be scaled to count as much as `reference` (NVIDIA Model Optimizer's balancer): the
/// ratio of the values, itself without gradient. 0 where the loss is 0.
double balance(double reference, double value);

/// The mean of (x - target)^2 over the columns, added up over the rows that count and divided by
/// `denominator`. x and target [rows, n], f32 or f64; x is what the projection of the student's states gave.
PendingLoss hidden_loss(Context& ctx, const Tensor& x, const Tensor& target, std::span<const uint8_t> counts,
                        double denominator);

/// Queries, keys and values of one layer: [rows, heads * head_dim] and [rows, num_key_value_heads *
/// head_dim].
struct AttentionStates {
  Tensor q, k, v;
  int64_t heads = 0, num_key_value_heads = 0;

  int64_t width() const { return q.columns(); }
};

/// Keys and values are repeated to the number of query heads, then all heads of Q (K, V) are joined and split
/// again into `relation_heads`, the same number for both models. R = softmax(A A^T / sqrt(width of a relation
/// head)) within each document and up to the row itself; the loss is KL(R_teacher || R_student), the mean
/// over Q, K, V and relation heads, added up over the rows that count and divided by `denominator`. Both
/// widths must be multiples of relation_heads (see check_relation_heads).
PendingLoss relation_loss(Context& ctx, const AttentionStates& student, const AttentionStates& teacher,
                          int64_t relation_heads, std::span<const DocumentRows> documents,
                          std::span<const uint8_t> counts, double denominator);

/// Throws Error bad_input for widths that relation_heads do not divide.
void check_relation_heads(int64_t relation_heads, int64_t student_width, int64_t teacher_width);

}  // namespace retort::train
