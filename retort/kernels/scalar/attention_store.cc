// Writing keys and values into a page, in plain code for all levels.
#include <bit>
#include <cmath>
#include <cstring>

#include "retort/kernels/attention_levels.h"
#include "retort/kernels/attention_page.h"
#include "retort/kernels/group_products.h"
#include "retort/tensor/float_formats.h"

namespace retort::kernels {
namespace {

constexpr int kMaxHeadDim = 256;

struct Position {
  int64_t in_page;
  int head_dim;
};

/// One head's row of elements into the order of the keys, and of the values.
template <typename T>
void scatter_key(const T* row, Position at, T* keys) {
  for (int d = 0; d < at.head_dim; d += 2)
    std::memcpy(keys + key_index(at.in_page, d), row + d, 2 * sizeof(T));
}
template <typename T>
void scatter_value(const T* row, Position at, T* values) {
  for (int strip = 0; strip < at.head_dim; strip += 16) {
    T* to = values + value_index(at.in_page, strip);
    for (int d = 0; d < 16; ++d) to[2 * d] = row[strip + d];
  }
}

void round_to_bf16(const float* x, int n, uint16_t* y) {
  for (int j = 0; j < n; ++j) y[j] = to_bf16(x[j]).bits;
}

/// Returns the scale: max |x| / 127.
float round_to_q8(const float* x, int n, int8_t* q) {
  float largest = 0;
  for (int j = 0; j < n; ++j) largest = std::max(largest, std::fabs(x[j]));
  const float inverse = largest > 0 ? 127.0f / largest : 0.0f;
  for (int j = 0; j < n; ++j) {
    // 1.5 * 2^23 leaves the nearest integer, ties to even, in the last bits of the sum.
    q[j] = static_cast<int8_t>(std::bit_cast<uint32_t>(x[j] * inverse + 0x1.8p23f) & 0xffu);
  }
  return largest / 127.0f;
}

/// Returns the scale: max |x| / 448; NaN, with zeros, if a value is infinite or NaN.
float round_to_fp8(const float* x, int n, uint8_t* codes) {
  float values[kMaxHeadDim];
  const float scale = round_to_e4m3(x, n, values);
  for (int j = 0; j < n; ++j) codes[j] = to_f8_e4m3(values[j]).bits;
  return scale;
}

void store_bf16(const float* k, const float* v, const KvBlock& layout, std::byte* block, Position at) {
  uint16_t row[kMaxHeadDim];
  round_to_bf16(k, at.head_dim, row);
  scatter_key(row, at, reinterpret_cast<uint16_t*>(block));
  round_to_bf16(v, at.head_dim, row);
  scatter_value(row, at, reinterpret_cast<uint16_t*>(block + layout.values));
}

/// Elements of one byte with a scale for each row.
template <typename T, float (*round)(const float*, int, T*)>
void store_scaled(const float* k, const float* v, const KvBlock& layout, std::byte* block, Position at) {
  T row[kMaxHeadDim];
  auto* key_scales = reinterpret_cast<float*>(block + layout.key_scales);
  auto* value_scales = reinterpret_cast<float*>(block + layout.value_scales);
  key_scales[at.in_page] = round(k, at.head_dim, row);
  scatter_key(row, at, reinterpret_cast<T*>(block));
  value_scales[at.in_page] = round(v, at.head_dim, row);
  scatter_value(row, at, reinterpret_cast<T*>(block + layout.values));
}

using Store = void (*)(const float*, const float*, const KvBlock&, std::byte*, Position);
/// By KvDType.
constexpr Store kStores[] = {store_bf16, store_scaled<int8_t, round_to_q8>,
                             store_scaled<uint8_t, round_to_fp8>};

}  // namespace

void attention_store(const float* k, const float* v, const KvView& kv, int64_t position) noexcept {
  const KvBlock layout(kv.layout);
  const Position at{position % kPageTokens, kv.layout.head_dim};
  const Store store = kStores[static_cast<int>(kv.layout.dtype)];
  for (int head = 0; head < kv.layout.num_key_value_heads; ++head) {
    std::byte* block = kv_block(kv, layout, position / kPageTokens, head);
    store(k + head * at.head_dim, v + head * at.head_dim, layout, block, at);
  }
}

}  // namespace retort::kernels
