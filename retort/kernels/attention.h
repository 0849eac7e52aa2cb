// Attention over a paged key-value cache, blockwise with a running softmax: the score matrix is never held.
//
// Every query sees its context cut into segments of kSegment positions at fixed places. Inside a segment the
// softmax runs online over blocks; the segments are merged in order. The operations of one query are
// therefore the same whatever else is in the batch, however many queries share the tile, and whoever computes
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "retort/kernels/isa.h"

namespace retort::kernels {

inline constexpr int kPageTokens = 32;  // positions per page of the cache
inline constexpr int kSegment = 512;    // positions per independently computed part of a context

enum class KvDType { bf16, q8, fp8 };

struct KvDTypeInfo {
  KvDType dtype;
  std::string_view name;
  int element_bytes;
  bool scaled;  // a scale per position and head, of keys and of values
};
inline constexpr KvDTypeInfo kKvDTypes[] = {
    {KvDType::bf16, "bf16", 2, false},
    {KvDType::q8, "q8", 1, true},
    {KvDType::fp8, "fp8", 1, true},
};
constexpr const KvDTypeInfo& info(KvDType dtype) {
  return kKvDTypes[static_cast<int>(dtype)];
}
constexpr std::string_view name(KvDType dtype) {
  return info(dtype).name;
}
constexpr std::optional<KvDType> kv_dtype_from_name(std::string_view name) {
  for (const auto& row : kKvDTypes)
    if (row.name == name) return row.dtype;
  return std::nullopt;
}

/// The shape of one layer's pages. What lies inside a page is the kernels' business: the same at every level.
struct KvLayout {
  KvDType dtype = KvDType::bf16;
  int num_key_value_heads = 0;
  int head_dim = 0;  // a multiple of 16, at most 256
  /// Bytes of keys and values of kPageTokens positions of all heads in one layer; a multiple of 64.
  size_t page_bytes() const;
};

/// One sequence's keys and values in one layer: page i holds positions [32 i, 32 i + 32) and starts at
/// base + page_table[i] * page_stride.
struct KvView {
  KvLayout layout;
  std::byte* base;
  size_t page_stride;
  const int32_t* page_table;
};

/// Queries of one sequence and one key-value head over one segment.
struct AttentionTile {
  const float* q;  // query of token t and head h of the group: q + t * q_stride + h * head_dim
  int64_t q_stride;
  int n_tokens;  // at most kMaxTileTokens
  int group;     // query heads per key-value head
  int kv_head;
  int64_t position;  // of the first token; token t sees positions <= position + t
  int64_t segment;   // positions [segment * kSegment, (segment + 1) * kSegment)
  float scale;       // 1 / sqrt(head_dim)
  // Partial results, one row per (t, h): row t * group + h. A row that sees nothing of the segment gets
  // max = -inf, sum = 0, out = 0.
  float* out;  // [n_tokens * group][head_dim], unnormalised: sum_j exp(s_j - max) v_j
  float* max;  // [n_tokens * group]
  float* sum;  // [n_tokens * group]
};
inline constexpr int kMaxTileTokens = 16;

struct AttentionKernels {
  /// Writes key and value rows (f32, [num_key_value_heads * head_dim]) of one position into its page. Touches
  /// neither other positions nor other pages.
  void (*store)(const float* k, const float* v, const KvView& kv, int64_t position) noexcept;
  /// One tile over one segment. `scratch`: scratch_bytes(layout, n_tokens * group) bytes, 64-byte aligned.
  void (*attend)(const AttentionTile& tile, const KvView& kv, std::byte* scratch) noexcept;
  size_t (*scratch_bytes)(const KvLayout& layout, int rows) noexcept;
  /// Adds a row's partial result of the next segment to its total so far, which starts as max = -inf, sum =
  /// 0, total = 0.
  void (*fold)(const float* out, float max, float sum, int head_dim, float* total, float* total_max,
               float* total_sum) noexcept;
  /// Folds n_segments partial results of one row (out rows `out_stride` floats apart, max/sum `stat_stride`
  /// apart) in order and normalises into y[head_dim].
  void (*merge)(const float* out, int64_t out_stride, const float* max, const float* sum, int64_t stat_stride,
                int n_segments, int head_dim, float* y) noexcept;
};

/// The table of a level; each level's file defines one.
const AttentionKernels& attention_kernels(Isa isa);

}  // namespace retort::kernels
