// The small kernels of a layer: RMSNorm, rotary embedding, SwiGLU, addition, softmax, conversions.
#pragma once

#include <cstdint>

#include "retort/kernels/isa.h"
#include "retort/tensor/float_formats.h"

namespace retort::kernels {

struct ElementwiseKernels {
  /// y[j] = x[j] / sqrt(mean(x^2) + eps) * w[j] (Zhang and Sennrich 2019). y may be x.
  void (*rms_norm)(const float* x, const float* w, float eps, int64_t n, float* y) noexcept;

  /// x[j] += y[j].
  void (*add)(const float* y, int64_t n, float* x) noexcept;

  /// y[j] = silu(gate[j]) * up[j], silu(z) = z / (1 + exp(-z)) (Shazeer 2020, SwiGLU). y may be gate.
  void (*silu_mul)(const float* gate, const float* up, int64_t n, float* y) noexcept;

  /// Rotates one head in place (Su et al. 2021): pairs (x[i], x[i + half]) for i in [0, half), half =
  /// rotary_dim / 2, by the angle whose cosine and sine stand in cos[i] and sin[i].
  void (*rope_half)(float* x, const float* cos, const float* sin, int64_t half) noexcept;
  /// The same for the interleaved pairs (x[2 i], x[2 i + 1]) of llama GGUF files.
  void (*rope_interleaved)(float* x, const float* cos, const float* sin, int64_t half) noexcept;

  /// In place: x[j] = exp(x[j] - max) / sum; returns log(sum exp(x)) of the input. n >= 1.
  float (*softmax)(float* x, int64_t n) noexcept;
  /// log(sum_j exp(x[j])) without writing. n >= 1.
  float (*log_sum_exp)(const float* x, int64_t n) noexcept;
  /// Index of the first largest element. n >= 1; NaN never wins.
  int64_t (*argmax)(const float* x, int64_t n) noexcept;

  void (*to_bf16)(const float* x, int64_t n, bf16* y) noexcept;
};

/// The table of a level; each level's file defines one.
const ElementwiseKernels& elementwise_kernels(Isa isa);

}  // namespace retort::kernels
