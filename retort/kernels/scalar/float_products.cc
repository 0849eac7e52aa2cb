// Products of floating-point weights, the reference: y = scale * sum_j w_j x_j, summed in order in double.
#include <cstring>
#include <type_traits>

#include "retort/kernels/float_levels.h"
#include "retort/tensor/float_formats.h"

namespace retort::kernels {
namespace {

/// Weights of type T. With kRounded, activations are rounded to BF16 (and held as f32).
template <class T, bool kRounded>
struct Reference {
  static size_t activation_bytes(int64_t k) noexcept { return float_activation_bytes(k, sizeof(float)); }

  static void prepare(const float* x, int64_t k, const float* block_scale, std::byte* out) noexcept {
    for (int64_t j = 0; j < k; ++j) {
      float value = block_scale ? x[j] * block_scale[j / kFloatScaleBlock] : x[j];
      if (kRounded) value = to_f32(to_bf16(value));
      std::memcpy(out + j * 4, &value, sizeof value);
    }
  }

  static void multiply(const std::byte* w, int64_t row_bytes, int64_t n_rows, int64_t k, const std::byte* x,
                       int64_t m, const float* row_scale, float* out, int64_t ldo) noexcept {
    const size_t stride = activation_bytes(k);
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t r = 0; r < n_rows; ++r) {
        auto y = static_cast<float>(dot(w + r * row_bytes, x + static_cast<size_t>(i) * stride, k));
        out[i * ldo + r] = row_scale ? y * row_scale[r] : y;
      }
    }
  }

 private:
  static double dot(const std::byte* w, const std::byte* x, int64_t k) {
    double sum = 0;
    for (int64_t j = 0; j < k; ++j)
      sum += static_cast<double>(widened(load<T>(w, j))) * static_cast<double>(load<float>(x, j));
    return sum;
  }

  template <class E>
  static E load(const std::byte* p, int64_t j) {
    E value;
    std::memcpy(&value, p + j * static_cast<int64_t>(sizeof(E)), sizeof(E));
    return value;
  }
  static float widened(T x) {
    if constexpr (std::is_same_v<T, float>) {
      return x;
    } else {
      return to_f32(x);
    }
  }
};

template <class T, bool kRounded>
constexpr FloatFormat format() {
  using R = Reference<T, kRounded>;
  return {R::activation_bytes, R::prepare, R::multiply};
}

constexpr FloatProducts kTable =
    float_table(format<float, false>(), format<f16, false>(), format<bf16, true>(), format<f8_e4m3, true>());

}  // namespace

const FloatProducts& float_products_scalar() {
  return kTable;
}

}  // namespace retort::kernels
