// Products of floating-point weights, the reference: y = scale * sum_j w_j x_j, summed in order in double.
#include <cstring>
#include <type_traits>

#include "retort/kernels/float_levels.h"
#include "retort/tensor/float_formats.h"

namespace retort::kernels {
namespace {

/// Weights of type T beside activations of type A. With kRounded, activations are rounded to BF16 (and held
/// as A).
template <class T, class A, bool kRounded>
struct Reference {
  static size_t activation_bytes(int64_t k) noexcept { return float_activation_bytes(k, sizeof(A)); }

  static void prepare(const A* x, int64_t k, const A* block_scale, std::byte* out) noexcept {
    for (int64_t j = 0; j < k; ++j)
      store(out, j, rounded(block_scale ? x[j] * block_scale[j / kFloatScaleBlock] : x[j]));
  }

  static void multiply(const std::byte* w, int64_t row_bytes, int64_t n_rows, int64_t k, const std::byte* x,
                       int64_t m, const A* row_scale, A* out, int64_t ldo) noexcept {
    const size_t stride = activation_bytes(k);
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t r = 0; r < n_rows; ++r) {
        auto y = static_cast<A>(dot(w + r * row_bytes, x + static_cast<size_t>(i) * stride, k));
        out[i * ldo + r] = row_scale ? y * row_scale[r] : y;
      }
    }
  }

  static void multiply_add(const std::byte* w, int64_t row_bytes, int64_t n_rows, int64_t k,
                           const std::byte* x, int64_t m, A* out, int64_t ldo) noexcept {
    const size_t stride = activation_bytes(k);
    for (int64_t i = 0; i < m; ++i)
      for (int64_t r = 0; r < n_rows; ++r)
        out[i * ldo + r] += static_cast<A>(dot(w + r * row_bytes, x + static_cast<size_t>(i) * stride, k));
  }

  static void prepare_columns(const A* x, int64_t ldx, int64_t k, int64_t n, std::byte* out) noexcept {
    for (int64_t c = 0; c < n; ++c)
      for (int64_t j = 0; j < k; ++j)
        store(out + static_cast<size_t>(c) * activation_bytes(k), j, rounded(x[j * ldx + c]));
  }

  static void round_columns(const A* x, int64_t ldx, int64_t k, int64_t n, std::byte* w,
                            int64_t row_bytes) noexcept {
    for (int64_t c = 0; c < n; ++c)
      for (int64_t j = 0; j < k; ++j) store(w + c * row_bytes, j, narrowed(x[j * ldx + c]));
  }

 private:
  static double dot(const std::byte* w, const std::byte* x, int64_t k) {
    double sum = 0;
    for (int64_t j = 0; j < k; ++j)
      sum += static_cast<double>(widened(load<T>(w, j))) * static_cast<double>(load<A>(x, j));
    return sum;
  }

  template <class E>
  static E load(const std::byte* p, int64_t j) {
    E value;
    std::memcpy(&value, p + j * static_cast<int64_t>(sizeof(E)), sizeof(E));
    return value;
  }
  template <class E>
  static void store(std::byte* p, int64_t j, E value) {
    std::memcpy(p + j * static_cast<int64_t>(sizeof(E)), &value, sizeof(E));
  }
  static A rounded(A x) {
    if constexpr (kRounded) {
      return to_f32(to_bf16(x));
    } else {
      return x;
    }
  }
  static A widened(T x) {
    if constexpr (std::is_same_v<T, A>) {
      return x;
    } else {
      return to_f32(x);
    }
  }
  static T narrowed(A x) {
    if constexpr (std::is_same_v<T, bf16>) {
      return to_bf16(x);
    } else {
      return x;
    }
  }
};

template <class T, class A, bool kRounded>
constexpr FloatFormatOf<A> format() {
  using R = Reference<T, A, kRounded>;
  FloatFormatOf<A> f{R::activation_bytes, R::prepare, R::multiply, R::multiply_add, nullptr, nullptr};
  if constexpr (std::is_same_v<T, A> || std::is_same_v<T, bf16>) {
    f.prepare_columns = R::prepare_columns;
    f.round_columns = R::round_columns;
  }
  return f;
}

constexpr FloatProducts kTable = float_table(format<float, float, false>(), format<f16, float, false>(),
                                             format<bf16, float, true>(), format<f8_e4m3, float, true>());
constexpr FloatFormatOf<double> kF64 = format<double, double, false>();

}  // namespace

const FloatProducts& float_products_scalar() {
  return kTable;
}

const FloatFormatOf<double>& float_products_f64() {
  return kF64;
}

}  // namespace retort::kernels
