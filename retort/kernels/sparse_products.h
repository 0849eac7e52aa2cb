// Products that skip columns: y = W x where only some x_j count (TEAL, Liu et al. 2024). BF16 weights lie
// column by column in panels of up to 2048 rows, so that a column that is skipped is a run of memory that is
// not read.
#pragma once

#include <cstddef>
#include <cstdint>

#include "retort/kernels/isa.h"

namespace retort::kernels {

/// Rows of a panel at most: 4 KiB a column. The prefetchers of processors run on to the end of a page, so
/// that shorter runs cost nearly as much as the whole (measured; docs/prune.md).
inline constexpr int64_t kColumnPanelRows = 2048;
/// Rows of a panel are padded to a cache line. Dword i of the line at rows [32 g, 32 g + 32) holds row 32 g +
/// i in its low half and row 32 g + 16 + i in its high half: both widen to f32 with one instruction.
inline constexpr int64_t kColumnRowGrain = 32;
/// Columns whose products make up one sum; the sums of the segments are added in order. Part of what a
/// product is, like the order inside: no result depends on threads, batch or level.
inline constexpr int64_t kColumnSegment = 128;

struct SparseProducts {
  /// sums[r] = fma(W[r][columns[t]], values[t], sums[r]) for t = 0, 1, ... n - 1, r in [0, rows): the same
  /// bits at every level. Column c begins at `panel` + c * column_bytes. rows: a multiple of kColumnRowGrain;
  /// panel and sums are aligned to 64 bytes.
  void (*accumulate)(const std::byte* panel, int64_t column_bytes, int64_t rows, const int32_t* columns,
                     const float* values, int64_t n, float* sums) noexcept;
};

/// The table of a level.
const SparseProducts& sparse_products(Isa isa);

/// Columns j of x with |x_j| > threshold, ascending, and x_j rounded to BF16, as products of BF16 weights
/// read it; NaN counts as large. `columns` and `values` have room for k. starts[s] is where segment s begins
/// in them, starts[number of segments] their number, which is returned.
int64_t select_columns(const float* x, int64_t k, float threshold, int32_t* columns, float* values,
                       int32_t* starts) noexcept;

/// The columns [begin, end) of one line of 32 rows of a panel, from rows in BF16 that may be unaligned; a
/// null row is zeros. `line` is the line in column 0; columns are `column_bytes` apart.
void pack_column_lines(const std::byte* const (&rows)[kColumnRowGrain], int64_t begin, int64_t end,
                       std::byte* line, int64_t column_bytes) noexcept;

}  // namespace retort::kernels
