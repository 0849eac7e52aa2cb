// The reference of the integer products: every row's quanta and scales decoded, then group by group an exact
// integer dot product and one fused multiply-add. The fast levels make the same float operations per output.
#include <bit>
#include <cmath>
#include <limits>

#include "retort/base/arithmetic.h"
#include "retort/kernels/integer_levels.h"
#include "retort/kernels/integer_panels.h"

namespace retort::kernels {
namespace {

constexpr int kGroup = kActivationGroup;

// ---- activations -------------------------------------------------------------------------------

void quantize_group(const float* x, int64_t row, int64_t group, const Q8Activations& out) {
  // Magnitudes order like their bits, with infinities and NaNs on top.
  uint32_t top = 0;
  for (int j = 0; j < kGroup; ++j) top = std::max(top, std::bit_cast<uint32_t>(x[j]) & 0x7fffffffu);
  float scale = std::bit_cast<float>(top) / 127.0f;
  const bool zeros = !(scale >= std::numeric_limits<float>::min()) || top >= 0x7f800000u;
  if (zeros) scale = top >= 0x7f800000u ? std::numeric_limits<float>::quiet_NaN() : 0.0f;

  int8_t* q = out.q + out.at(row, group) * kGroup;
  int32_t sum[2] = {0, 0};
  for (int j = 0; j < kGroup; ++j) {
    q[j] = zeros ? int8_t{0} : static_cast<int8_t>(std::nearbyintf(x[j] / scale));
    sum[j / 16] += q[j];
  }
  out.scale[out.at(row, group)] = scale;
  out.offset[out.at(row, group)] = -(scale * static_cast<float>(sum[0] + sum[1]));
  out.bias_8[out.at(row, group)] = -8 * (sum[0] + sum[1]);
  out.bias_128[out.at(row, group)] = -128 * (sum[0] + sum[1]);
  for (int h : {0, 1}) out.bias_32[out.bias_32_at(row, group, h)] = -32 * sum[h];
}

void quantize(const float* x, int64_t ldx, int64_t begin, int64_t end, const Q8Activations& out) noexcept {
  for (int64_t i = begin; i < end; ++i)
    for (int64_t g = 0; g < out.groups(); ++g) quantize_group(x + i * ldx + g * kGroup, i, g, out);
}

// ---- weights -----------------------------------------------------------------------------------

/// 32 columns of one row: w = scale[0] * q for the first 16, scale[1] * q for the others, minus `minimum`.
struct Group {
  int8_t q[kGroup];
  float scale[2] = {0, 0};
  float minimum = 0;
};

Group group_of(const BlockQ8_0& b, int) {
  Group w;
  std::memcpy(w.q, b.q, sizeof(w.q));
  w.scale[0] = to_f32(b.d);
  return w;
}

Group group_of(const BlockQ4_0& b, int) {
  Group w;
  for (int i = 0; i < 16; ++i) {
    w.q[i] = static_cast<int8_t>((b.q[i] & 15) - 8);
    w.q[i + 16] = static_cast<int8_t>((b.q[i] >> 4) - 8);
  }
  w.scale[0] = to_f32(b.d);
  return w;
}

template <typename Block>
void set_scale_min(const Block& b, int g, Group& w) {
  auto [scale, min] = k_scale_min(b.scales, g);
  w.scale[0] = to_f32(b.d) * static_cast<float>(scale);
  w.minimum = to_f32(b.dmin) * static_cast<float>(min);
}

int nibble(const uint8_t* q, int g, int i) {
  return q[32 * (g / 2) + i] >> (g % 2 == 0 ? 0 : 4) & 15;
}

Group group_of(const BlockQ4_K& b, int g) {
  Group w;
  set_scale_min(b, g, w);
  for (int i = 0; i < kGroup; ++i) w.q[i] = static_cast<int8_t>(nibble(b.q, g, i));
  return w;
}

Group group_of(const BlockQ5_K& b, int g) {
  Group w;
  set_scale_min(b, g, w);
  for (int i = 0; i < kGroup; ++i) w.q[i] = static_cast<int8_t>(nibble(b.q, g, i) | (b.qh[i] >> g & 1) << 4);
  return w;
}

Group group_of(const BlockQ6_K& b, int g) {
  Group w;
  const int h = g / 4, quarter = g % 4;
  for (int i = 0; i < kGroup; ++i) {
    int low = b.ql[64 * h + 32 * (quarter & 1) + i] >> (quarter < 2 ? 0 : 4) & 15;
    int high = b.qh[32 * h + i] >> (2 * quarter) & 3;
    w.q[i] = static_cast<int8_t>((low | high << 4) - 32);
  }
  for (int i : {0, 1}) w.scale[i] = to_f32(b.d) * static_cast<float>(b.sc[2 * g + i]);
  return w;
}

// ---- products ----------------------------------------------------------------------------------

int32_t dot(const int8_t* a, const int8_t* b, int n) {
  int32_t sum = 0;
  for (int i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

/// Adds one group's product to `sum`. The order of these operations is the contract between the levels.
template <typename Block>
float add_group(const Group& w, const Q8Activations& x, int64_t i, int64_t g, float sum) {
  const int8_t* q = x.q + x.at(i, g) * kGroup;
  const float scale = x.scale[x.at(i, g)];
  if constexpr (std::is_same_v<Block, BlockQ6_K>) {
    float first = static_cast<float>(dot(w.q, q, 16)) * w.scale[0];
    float both = std::fma(static_cast<float>(dot(w.q + 16, q + 16, 16)), w.scale[1], first);
    return std::fma(both, scale, sum);
  } else {
    sum = std::fma(static_cast<float>(dot(w.q, q, kGroup)), w.scale[0] * scale, sum);
    if constexpr (std::is_same_v<Block, BlockQ4_K> || std::is_same_v<Block, BlockQ5_K>)
      sum = std::fma(w.minimum, x.offset[x.at(i, g)], sum);
    return sum;
  }
}

template <typename Panel>
void multiply_row(const std::byte* panel, int r, const Q8Activations& x, float* out, int64_t ldo,
                  Group* groups) {
  constexpr int kGroups = Panel::kColumns / kGroup;
  for (int64_t g = 0; g < x.groups(); ++g)
    groups[g] = group_of(unpack_block<Panel>(panel + g / kGroups * Panel::kPanelBytes, r),
                         static_cast<int>(g % kGroups));
  for (int64_t i = 0; i < x.m; ++i) {
    float sum = 0;
    for (int64_t g = 0; g < x.groups(); ++g)
      sum = add_group<typename Panel::FileBlock>(groups[g], x, i, g, sum);
    out[i * ldo + r] = sum;
  }
}

template <typename Panel>
void multiply(const std::byte* panels, int64_t n_rows, const Q8Activations& x, float* out, int64_t ldo,
              std::byte* scratch) noexcept {
  const int64_t bytes = x.k / Panel::kColumns * Panel::kPanelBytes;
  for (int64_t r = 0; r < n_rows; ++r) {
    int64_t p = r / kPanelRows;
    multiply_row<Panel>(panels + p * bytes, static_cast<int>(r % kPanelRows), x, out + p * kPanelRows, ldo,
                        reinterpret_cast<Group*>(scratch));
  }
}

size_t scratch_bytes(int64_t k) noexcept {
  return static_cast<size_t>(k / kGroup) * sizeof(Group);
}

template <typename Panel>
constexpr IntegerFormat kFormat{pack_panel<Panel>, multiply<Panel>, scratch_bytes};

constexpr IntegerProducts table() {
  IntegerProducts t{};
  t.quantize = quantize;
  t.formats[static_cast<int>(DType::q8_0)] = kFormat<PanelQ8_0>;
  t.formats[static_cast<int>(DType::q4_0)] = kFormat<PanelQ4_0>;
  t.formats[static_cast<int>(DType::q4_k)] = kFormat<PanelQ4_K>;
  t.formats[static_cast<int>(DType::q5_k)] = kFormat<PanelQ5_K>;
  t.formats[static_cast<int>(DType::q6_k)] = kFormat<PanelQ6_K>;
  return t;
}

constexpr IntegerProducts kTable = table();

}  // namespace

const IntegerProducts& integer_products_scalar() {
  return kTable;
}

}  // namespace retort::kernels
