// The small kernels of a layer: RMSNorm, rotary embedding, SwiGLU, addition, softmax, conversions.
#pragma once

#include <cstdint>

#include "retort/kernels/isa.h"
#include "retort/tensor/float_formats.h"

namespace retort::kernels {

/// T = float at every level; T = double in plain code, with which training checks its gradients.
template <typename T>
struct ElementwiseKernelsOf {
  /// y[j] = x[j] / sqrt(mean(x^2) + eps) * w[j] (Zhang and Sennrich 2019). y may be x.
  void (*rms_norm)(const T* x, const T* w, T eps, int64_t n, T* y) noexcept;

  /// x[j] += y[j].
  void (*add)(const T* y, int64_t n, T* x) noexcept;

  /// y[j] = silu(gate[j]) * up[j], silu(z) = z / (1 + exp(-z)) (Shazeer 2020, SwiGLU). y may be gate.
  void (*silu_mul)(const T* gate, const T* up, int64_t n, T* y) noexcept;

  /// Rotates one head in place (Su et al. 2021): pairs (x[i], x[i + half]) for i in [0, half), half =
  /// rotary_dim / 2, by the angle whose cosine and sine stand in cos[i] and sin[i].
  void (*rope_half)(T* x, const T* cos, const T* sin, int64_t half) noexcept;
  /// The same for the interleaved pairs (x[2 i], x[2 i + 1]) of llama GGUF files.
  void (*rope_interleaved)(T* x, const T* cos, const T* sin, int64_t half) noexcept;

  /// In place: x[j] = exp(x[j] - max) / sum; returns log(sum exp(x)) of the input. n >= 1.
  T (*softmax)(T* x, int64_t n) noexcept;
  /// log(sum_j exp(x[j])) without writing. n >= 1.
  T (*log_sum_exp)(const T* x, int64_t n) noexcept;
  /// Index of the first largest element. n >= 1; NaN never wins.
  int64_t (*argmax)(const T* x, int64_t n) noexcept;

  void (*to_bf16)(const T* x, int64_t n, bf16* y) noexcept;

  // Backwards, one row or run of values each: dx is the gradient of what is called x above.

  /// dx[j] = r w[j] dy[j] - x[j] r^3 / n sum_i w[i] dy[i] x[i] with r = 1 / sqrt(mean(x^2) + eps), added to
  /// dx if `add`; dw[j] += dy[j] x[j] r.
  void (*rms_norm_backward)(const T* x, const T* w, const T* dy, T eps, int64_t n, bool add, T* dx,
                            T* dw) noexcept;
  /// With s = 1 / (1 + exp(-gate)): dgate = dy up s (1 + gate (1 - s)), dup = dy gate s.
  void (*silu_mul_backward)(const T* gate, const T* up, const T* dy, int64_t n, T* dgate, T* dup) noexcept;
};
using ElementwiseKernels = ElementwiseKernelsOf<float>;

/// The table of a level; each level's file defines one.
const ElementwiseKernels& elementwise_kernels(Isa isa);
const ElementwiseKernelsOf<double>& elementwise_kernels_f64();

}  // namespace retort::kernels
