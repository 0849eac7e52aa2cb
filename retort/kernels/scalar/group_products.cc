// Products with a scale per group of columns, the reference: summed in order in double.
#include <algorithm>
#include <cstring>

#include "retort/kernels/group_levels.h"

namespace retort::kernels {
namespace {

size_t activation_bytes(int64_t k) noexcept {
  return group_activation_bytes(k, 1, 4);
}

void prepare(const float* x, int64_t k, std::byte* out) noexcept {
  auto* values = reinterpret_cast<float*>(out);
  for (int64_t j = 0; j < k; ++j) values[j] = to_f32(to_bf16(x[j]));
}

void multiply_int4(const Int4Rows& w, int64_t n_rows, int64_t k, const std::byte* x, int64_t m, float* out,
                   int64_t ldo) noexcept {
  for (int64_t i = 0; i < m; ++i) {
    const auto* values = reinterpret_cast<const float*>(x + static_cast<size_t>(i) * activation_bytes(k));
    for (int64_t r = 0; r < n_rows; ++r) {
      const std::byte* q = w.q + r * k / 2;
      const bf16* scales = w.scales + r * int4_scale_stride(k, w.group);
      double sum = 0;
      for (int64_t j = 0; j < k; ++j) {
        const int weight = (std::to_integer<int>(q[j / 2]) >> (j % 2 * 4) & 15) - 8;
        sum += static_cast<double>(to_f32(scales[j / w.group])) * weight * static_cast<double>(values[j]);
      }
      out[i * ldo + r] = static_cast<float>(sum);
    }
  }
}

void multiply_f8(const std::byte* w, int64_t n_rows, int64_t k, const std::byte* x, int64_t m,
                 const float* scales, float* out, int64_t ldo) noexcept {
  for (int64_t i = 0; i < m; ++i) {
    const auto* values = reinterpret_cast<const float*>(x + static_cast<size_t>(i) * activation_bytes(k));
    for (int64_t r = 0; r < n_rows; ++r) {
      double sum = 0;
      for (int64_t j = 0; j < k; ++j) {
        const float weight = to_f32(f8_e4m3{std::to_integer<uint8_t>(w[r * k + j])});
        const float scale = scales[i * div_up(k, kF8Block) + j / kF8Block];
        sum += static_cast<double>(scale) * static_cast<double>(weight) * static_cast<double>(values[j]);
      }
      out[i * ldo + r] = static_cast<float>(sum);
    }
  }
}

constexpr GroupProducts kTable{{activation_bytes, prepare, multiply_int4},
                               {activation_bytes, prepare, multiply_f8}};

}  // namespace

const GroupProducts& group_products_scalar() {
  return kTable;
}

}  // namespace retort::kernels
