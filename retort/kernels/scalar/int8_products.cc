// The reference of W8A8: one exact dot product per output, then both scales.
#include "retort/kernels/int8_levels.h"

namespace retort::kernels {

void int8_multiply_scalar(const std::byte* panels, int64_t n_rows, const float* row_scale,
                          const Int8Activations& x, float* out, int64_t ldo) noexcept {
  const int64_t panel_bytes = kInt8PanelRows * int8_panel_row_bytes(x.k);
  for (int64_t r = 0; r < n_rows; ++r) {
    const std::byte* row = panels + r / kInt8PanelRows * panel_bytes + 4 * (r % kInt8PanelRows);
    for (int64_t i = 0; i < x.m; ++i) {
      int32_t sum = 0;
      for (int64_t j = 0; j < x.k; ++j) {
        const int w = std::to_integer<int>(row[kInt8PanelRows * (j / 4 * 4) + j % 4]) - 128;
        sum += w * x.at(i, j / kInt8Group)[j % kInt8Group];
      }
      out[i * ldo + r] = static_cast<float>(sum) * (row_scale[r] * x.scale[i]);
    }
  }
}

}  // namespace retort::kernels
