// The elementwise kernels as their formulas read: in f32 the reference of every level, in f64 for checking
// gradients. Sums are kept in double.
#include <cmath>

#include "retort/kernels/elementwise_levels.h"

namespace retort::kernels {
namespace {

/// 1 / sqrt(mean(x^2) + eps)
template <typename T>
double inverse_rms(const T* x, T eps, int64_t n) {
  double squares = 0;
  for (int64_t j = 0; j < n; ++j) squares += static_cast<double>(x[j]) * x[j];
  return 1.0 / std::sqrt(squares / static_cast<double>(n) + eps);
}

template <typename T>
void rms_norm(const T* x, const T* w, T eps, int64_t n, T* y) noexcept {
  const double inverse = inverse_rms(x, eps, n);
  for (int64_t j = 0; j < n; ++j) y[j] = static_cast<T>(x[j] * inverse) * w[j];
}

template <typename T>
void rms_norm_backward(const T* x, const T* w, const T* dy, T eps, int64_t n, bool add, T* dx,
                       T* dw) noexcept {
  const double r = inverse_rms(x, eps, n);
  double sum = 0;
  for (int64_t j = 0; j < n; ++j) sum += static_cast<double>(w[j]) * dy[j] * x[j];
  const double along_x = r * r * r * sum / static_cast<double>(n);
  for (int64_t j = 0; j < n; ++j) {
    const auto d = static_cast<T>(r * w[j] * dy[j] - along_x * x[j]);
    dx[j] = add ? dx[j] + d : d;
    dw[j] += static_cast<T>(dy[j] * (x[j] * r));
  }
}

template <typename T>
void add_to(const T* y, int64_t n, T* x) noexcept {
  for (int64_t j = 0; j < n; ++j) x[j] += y[j];
}

template <typename T>
void silu_mul(const T* gate, const T* up, int64_t n, T* y) noexcept {
  for (int64_t j = 0; j < n; ++j) y[j] = gate[j] / (T{1} + std::exp(-gate[j])) * up[j];
}

template <typename T>
void silu_mul_backward(const T* gate, const T* up, const T* dy, int64_t n, T* dgate, T* dup) noexcept {
  for (int64_t j = 0; j < n; ++j) {
    const T g = gate[j], s = T{1} / (T{1} + std::exp(-g));
    dup[j] = dy[j] * (g * s);
    dgate[j] = dy[j] * up[j] * (s * (T{1} + g * (T{1} - s)));
  }
}

template <typename T>
void rotate(T& a, T& b, T cos, T sin) {
  const T x = a, y = b;
  a = x * cos - y * sin;
  b = y * cos + x * sin;
}

template <typename T>
void rope_half(T* x, const T* cos, const T* sin, int64_t half) noexcept {
  for (int64_t i = 0; i < half; ++i) rotate(x[i], x[i + half], cos[i], sin[i]);
}

template <typename T>
void rope_interleaved(T* x, const T* cos, const T* sin, int64_t half) noexcept {
  for (int64_t i = 0; i < half; ++i) rotate(x[2 * i], x[2 * i + 1], cos[i], sin[i]);
}

template <typename T>
int64_t argmax(const T* x, int64_t n) noexcept {
  int64_t best = -1;
  for (int64_t j = 0; j < n; ++j)
    if (!std::isnan(x[j]) && (best < 0 || x[j] > x[best])) best = j;
  return best < 0 ? 0 : best;
}

/// sum_j exp(x[j] - max)
template <typename T>
double sum_of_exp(const T* x, int64_t n, T max) {
  double sum = 0;
  for (int64_t j = 0; j < n; ++j) sum += std::exp(static_cast<double>(x[j]) - max);
  return sum;
}

template <typename T>
T log_sum_exp(const T* x, int64_t n) noexcept {
  const T max = x[argmax(x, n)];
  return static_cast<T>(max + std::log(sum_of_exp(x, n, max)));
}

template <typename T>
T softmax(T* x, int64_t n) noexcept {
  const T max = x[argmax(x, n)];
  const double sum = sum_of_exp(x, n, max);
  for (int64_t j = 0; j < n; ++j) x[j] = static_cast<T>(std::exp(static_cast<double>(x[j]) - max) / sum);
  return static_cast<T>(max + std::log(sum));
}

template <typename T>
void to_bf16_row(const T* x, int64_t n, bf16* y) noexcept {
  for (int64_t j = 0; j < n; ++j) y[j] = to_bf16(static_cast<float>(x[j]));
}

template <typename T>
constexpr ElementwiseKernelsOf<T> kTable = {
    rms_norm<T>,    add_to<T>, silu_mul<T>,    rope_half<T>,         rope_interleaved<T>, softmax<T>,
    log_sum_exp<T>, argmax<T>, to_bf16_row<T>, rms_norm_backward<T>, silu_mul_backward<T>};

}  // namespace

const ElementwiseKernels& elementwise_kernels_scalar() {
  return kTable<float>;
}

const ElementwiseKernelsOf<double>& elementwise_kernels_f64() {
  return kTable<double>;
}

}  // namespace retort::kernels
