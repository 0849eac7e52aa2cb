// Attention as its formula reads: scores of the segment, their maximum, exponentials, the weighted sum.
#include <algorithm>
#include <cmath>
#include <limits>

#include "retort/kernels/attention_levels.h"
#include "retort/kernels/attention_page.h"
#include "retort/tensor/float_formats.h"

namespace retort::kernels {
namespace {

/// One head's block read element by element.
struct BlockReader {
  const KvLayout& layout;
  KvBlock block{layout};
  const std::byte* data = nullptr;

  float element(size_t offset, int64_t index) const {
    const std::byte* p = data + offset + static_cast<size_t>(index) * block.element_bytes;
    switch (layout.dtype) {
      case KvDType::q8:
        return static_cast<float>(*reinterpret_cast<const int8_t*>(p));
      case KvDType::fp8:
        return to_f32(*reinterpret_cast<const f8_e4m3*>(p));
      default:
        return to_f32(*reinterpret_cast<const bf16*>(p));
    }
  }
  float scale(size_t offset, int64_t j) const {
    return info(layout.dtype).scaled ? reinterpret_cast<const float*>(data + offset)[j] : 1.0f;
  }
  float key(int64_t j, int64_t d) const { return scale(block.key_scales, j) * element(0, key_index(j, d)); }
  float value(int64_t j, int64_t d) const {
    return scale(block.value_scales, j) * element(block.values, value_index(j, d));
  }
};

/// Positions of the segment that token t sees.
int64_t visible(const AttentionTile& tile, int t) {
  return std::clamp<int64_t>(tile.position + t + 1 - tile.segment * kSegment, 0, kSegment);
}

/// scores[row][j] of all rows over all blocks.
void score(const AttentionTile& tile, const KvView& kv, BlockReader& reader, float* scores) {
  const int head_dim = kv.layout.head_dim;
  const int64_t n = visible(tile, tile.n_tokens - 1);
  for (int64_t j = 0; j < n; ++j) {
    reader.data = kv_block(kv, reader.block, (tile.segment * kSegment + j) / kPageTokens, tile.kv_head);
    float key[256];
    for (int d = 0; d < head_dim; ++d) key[d] = reader.key(j % kPageTokens, d);
    for (int r = 0; r < tile.n_tokens * tile.group; ++r) {
      const float* q = tile.q + r / tile.group * tile.q_stride + r % tile.group * head_dim;
      float dot = 0;
      for (int d = 0; d < head_dim; ++d) dot += q[d] * key[d];
      scores[r * kSegment + j] = dot * tile.scale;
    }
  }
}

void attend(const AttentionTile& tile, const KvView& kv, std::byte* scratch) noexcept {
  const int rows = tile.n_tokens * tile.group, head_dim = kv.layout.head_dim;
  auto* scores = reinterpret_cast<float*>(scratch);
  BlockReader reader{kv.layout};
  std::fill_n(tile.out, static_cast<int64_t>(rows) * head_dim, 0.0f);
  std::fill_n(tile.sum, rows, 0.0f);
  std::fill_n(tile.max, rows, -std::numeric_limits<float>::infinity());
  score(tile, kv, reader, scores);
  for (int r = 0; r < rows; ++r)
    for (int64_t j = 0; j < visible(tile, r / tile.group); ++j)
      tile.max[r] = std::max(tile.max[r], scores[r * kSegment + j]);
  for (int64_t j = 0; j < visible(tile, tile.n_tokens - 1); ++j) {
    reader.data = kv_block(kv, reader.block, (tile.segment * kSegment + j) / kPageTokens, tile.kv_head);
    float value[256];
    for (int d = 0; d < head_dim; ++d) value[d] = reader.value(j % kPageTokens, d);
    for (int r = 0; r < rows; ++r) {
      if (j >= visible(tile, r / tile.group)) continue;
      const float p = std::exp(scores[r * kSegment + j] - tile.max[r]);
      tile.sum[r] += p;
      for (int d = 0; d < head_dim; ++d) tile.out[r * head_dim + d] += p * value[d];
    }
  }
}

size_t scratch_bytes(const KvLayout&, int rows) noexcept {
  return static_cast<size_t>(rows) * kSegment * sizeof(float);
}

void fold(const float* out, float max, float sum, int head_dim, float* total, float* total_max,
          float* total_sum) noexcept {
  if (max == -std::numeric_limits<float>::infinity()) return;
  const float highest = std::max(max, *total_max);
  const float a = std::exp(*total_max - highest), b = std::exp(max - highest);
  for (int d = 0; d < head_dim; ++d) total[d] = total[d] * a + out[d] * b;
  *total_sum = *total_sum * a + sum * b;
  *total_max = highest;
}

void merge(const float* out, int64_t out_stride, const float* max, const float* sum, int64_t stat_stride,
           int n_segments, int head_dim, float* y) noexcept {
  float total_max = -std::numeric_limits<float>::infinity(), total_sum = 0;
  std::fill_n(y, head_dim, 0.0f);
  for (int s = 0; s < n_segments; ++s)
    fold(out + s * out_stride, max[s * stat_stride], sum[s * stat_stride], head_dim, y, &total_max,
         &total_sum);
  for (int d = 0; d < head_dim; ++d) y[d] /= total_sum;
}

}  // namespace

const AttentionKernels& attention_kernels_scalar() {
  static constexpr AttentionKernels kTable = {attention_store, attend, scratch_bytes, fold, merge};
  return kTable;
}

}  // namespace retort::kernels
