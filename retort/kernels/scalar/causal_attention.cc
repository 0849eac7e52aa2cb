// Causal attention and its gradients as the formulas read, one query at a time.
#include <algorithm>
#include <cmath>
#include <type_traits>

#include "retort/base/arithmetic.h"
#include "retort/kernels/causal_attention_levels.h"
#include "retort/tensor/float_formats.h"

namespace retort::kernels {
namespace {

/// A key or value as the forward pass sees it: f32 goes through the BF16 of the cache.
template <typename T>
T as_cached(T x) {
  if constexpr (std::is_same_v<T, float>) {
    return to_f32(to_bf16(x));
  } else {
    return x;
  }
}

template <typename T>
T dot_cached(const T* a, const T* cached, int n) {
  T sum = 0;
  for (int d = 0; d < n; ++d) sum += a[d] * as_cached(cached[d]);
  return sum;
}

template <typename T>
void forward(const CausalHead<T>& head, T* y, T* log_sums, int64_t log_sums_stride, T* p) {
  const int n = head.head_dim;
  for (int64_t i = 0; i < head.n_tokens; ++i) {
    for (int h = 0; h < head.group; ++h) {
      const int64_t at = i * head.q_stride + int64_t{h} * n;
      for (int64_t j = 0; j <= i; ++j)
        p[j] = head.scale * dot_cached(head.q + at, head.k + j * head.kv_stride, n);
      const T max = *std::max_element(p, p + i + 1);
      T sum = 0;
      std::fill_n(y + at, n, T{0});
      for (int64_t j = 0; j <= i; ++j) {
        const T e = std::exp(p[j] - max);
        sum += e;
        for (int d = 0; d < n; ++d) y[at + d] += e * as_cached(head.v[j * head.kv_stride + d]);
      }
      for (int d = 0; d < n; ++d) y[at + d] /= sum;
      log_sums[i * log_sums_stride + h] = max + std::log(sum);
    }
  }
}

/// With p_j = exp(score_j - log_sum) and ds_j = scale p_j (dy . v_j - dy . y):
/// dq = sum_j ds_j k_j, dk_j += ds_j q, dv_j += p_j dy.
template <typename T>
void backward(const CausalHead<T>& head, const CausalGradients<T>& g) {
  const int n = head.head_dim;
  for (int64_t j = 0; j < head.n_tokens; ++j) {
    std::fill_n(g.dk + j * head.kv_stride, n, T{0});
    std::fill_n(g.dv + j * head.kv_stride, n, T{0});
  }
  for (int64_t i = 0; i < head.n_tokens; ++i) {
    for (int h = 0; h < head.group; ++h) {
      const int64_t at = i * head.q_stride + int64_t{h} * n;
      const T *q = head.q + at, *dy = g.dy + at;
      T* dq = g.dq + at;
      T along_y = 0;
      for (int d = 0; d < n; ++d) along_y += dy[d] * g.y[at + d];
      std::fill_n(dq, n, T{0});
      for (int64_t j = 0; j <= i; ++j) {
        const T *k = head.k + j * head.kv_stride, *v = head.v + j * head.kv_stride;
        const T p = std::exp(head.scale * dot_cached(q, k, n) - g.log_sums[i * g.log_sums_stride + h]);
        const T ds = head.scale * p * (dot_cached(dy, v, n) - along_y);
        T *dk = g.dk + j * head.kv_stride, *dv = g.dv + j * head.kv_stride;
        for (int d = 0; d < n; ++d) {
          dq[d] += ds * as_cached(k[d]);
          dk[d] += ds * q[d];
          dv[d] += p * dy[d];
        }
      }
    }
  }
}

size_t scratch_bytes(int64_t, int, int) noexcept {
  return 0;
}

void backward_f32(const CausalHead<float>& head, const CausalGradients<float>& gradients,
                  std::byte*) noexcept {
  backward(head, gradients);
}

}  // namespace

const CausalAttentionKernels& causal_attention_kernels_scalar() {
  static constexpr CausalAttentionKernels kTable = {scratch_bytes, backward_f32};
  return kTable;
}

size_t causal_scratch_bytes_f64(int64_t n_tokens) noexcept {
  return round_up<size_t>(static_cast<size_t>(n_tokens) * sizeof(double), 64);
}

void causal_forward_f64(const CausalHead<double>& head, double* y, double* log_sums, int64_t log_sums_stride,
                        std::byte* scratch) noexcept {
  forward(head, y, log_sums, log_sums_stride, reinterpret_cast<double*>(scratch));
}

void causal_backward_f64(const CausalHead<double>& head, const CausalGradients<double>& gradients) noexcept {
  backward(head, gradients);
}

}  // namespace retort::kernels
