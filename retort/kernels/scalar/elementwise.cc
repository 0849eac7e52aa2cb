// The elementwise kernels as their formulas read.
#include <cmath>

#include "retort/kernels/elementwise_levels.h"

namespace retort::kernels {
namespace {

void rms_norm(const float* x, const float* w, float eps, int64_t n, float* y) noexcept {
  double squares = 0;
  for (int64_t j = 0; j < n; ++j) squares += static_cast<double>(x[j]) * x[j];
  double inverse = 1.0 / std::sqrt(squares / static_cast<double>(n) + eps);
  for (int64_t j = 0; j < n; ++j) y[j] = static_cast<float>(x[j] * inverse) * w[j];
}

void add_to(const float* y, int64_t n, float* x) noexcept {
  for (int64_t j = 0; j < n; ++j) x[j] += y[j];
}

void silu_mul(const float* gate, const float* up, int64_t n, float* y) noexcept {
  for (int64_t j = 0; j < n; ++j) y[j] = gate[j] / (1.0f + std::exp(-gate[j])) * up[j];
}

void rotate(float& a, float& b, float cos, float sin) {
  float x = a, y = b;
  a = x * cos - y * sin;
  b = y * cos + x * sin;
}

void rope_half(float* x, const float* cos, const float* sin, int64_t half) noexcept {
  for (int64_t i = 0; i < half; ++i) rotate(x[i], x[i + half], cos[i], sin[i]);
}

void rope_interleaved(float* x, const float* cos, const float* sin, int64_t half) noexcept {
  for (int64_t i = 0; i < half; ++i) rotate(x[2 * i], x[2 * i + 1], cos[i], sin[i]);
}

int64_t argmax(const float* x, int64_t n) noexcept {
  int64_t best = -1;
  for (int64_t j = 0; j < n; ++j)
    if (!std::isnan(x[j]) && (best < 0 || x[j] > x[best])) best = j;
  return best < 0 ? 0 : best;
}

/// sum_j exp(x[j] - max)
double sum_of_exp(const float* x, int64_t n, float max) {
  double sum = 0;
  for (int64_t j = 0; j < n; ++j) sum += std::exp(static_cast<double>(x[j]) - max);
  return sum;
}

float log_sum_exp(const float* x, int64_t n) noexcept {
  float max = x[argmax(x, n)];
  return static_cast<float>(max + std::log(sum_of_exp(x, n, max)));
}

float softmax(float* x, int64_t n) noexcept {
  float max = x[argmax(x, n)];
  double sum = sum_of_exp(x, n, max);
  for (int64_t j = 0; j < n; ++j) x[j] = static_cast<float>(std::exp(static_cast<double>(x[j]) - max) / sum);
  return static_cast<float>(max + std::log(sum));
}

void to_bf16_row(const float* x, int64_t n, bf16* y) noexcept {
  for (int64_t j = 0; j < n; ++j) y[j] = to_bf16(x[j]);
}

}  // namespace

const ElementwiseKernels& elementwise_kernels_scalar() {
  static constexpr ElementwiseKernels kTable = {rms_norm, add_to,      silu_mul, rope_half,  rope_interleaved,
                                                softmax,  log_sum_exp, argmax,   to_bf16_row};
  return kTable;
}

}  // namespace retort::kernels
