// Sparse products for vectors of kLanes floats; included inside a target region behind what a level defines:
// Vector, Dwords, kLanes, load, store, load_dwords, low_half, high_half, broadcast, multiply_add.

/// Columns taken at once: as many streams of memory, and one load and store of a sum for all of them.
constexpr int kStreams = 8;

/// One line of 32 rows of kCount columns, in their order.
template <int kCount>
inline void add_line(const std::byte* const (&columns)[kCount], const Vector (&x)[kCount], int64_t offset,
                     float* sums) {
  constexpr int kVectors = 16 / kLanes;
  RETORT_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    float* low_sums = sums + v * kLanes;
    float* high_sums = low_sums + 16;
    Vector low = load(low_sums), high = load(high_sums);
    RETORT_UNROLL
    for (int c = 0; c < kCount; ++c) {
      const Dwords w = load_dwords(columns[c] + offset + v * kLanes * 4);
      low = multiply_add(low_half(w), x[c], low);
      high = multiply_add(high_half(w), x[c], high);
    }
    store(low_sums, low);
    store(high_sums, high);
  }
}

/// kCount columns, while the kCount after them are fetched.
template <int kCount>
void add_columns(const std::byte* panel, int64_t column_bytes, int64_t rows, const int32_t* columns,
                 const int32_t* next, const float* values, float* sums) {
  const std::byte* at[kCount];
  const std::byte* ahead[kCount];
  Vector x[kCount];
  RETORT_UNROLL
  for (int c = 0; c < kCount; ++c) {
    at[c] = panel + columns[c] * column_bytes;
    ahead[c] = panel + next[c] * column_bytes;
    x[c] = broadcast(values[c]);
  }
  for (int64_t r = 0; r < rows; r += kColumnRowGrain) {
    RETORT_UNROLL
    for (int c = 0; c < kCount; ++c)
      _mm_prefetch(reinterpret_cast<const char*>(ahead[c] + 2 * r), _MM_HINT_T0);
    add_line<kCount>(at, x, 2 * r, sums + r);
  }
}

void accumulate(const std::byte* panel, int64_t column_bytes, int64_t rows, const int32_t* columns,
                const float* values, int64_t n, float* sums) noexcept {
  int64_t t = 0;
  for (; t + kStreams <= n; t += kStreams) {
    const bool more = t + 2 * kStreams <= n;
    add_columns<kStreams>(panel, column_bytes, rows, columns + t, columns + t + (more ? kStreams : 0),
                          values + t, sums);
  }
  for (; t < n; ++t) add_columns<1>(panel, column_bytes, rows, columns + t, columns + t, values + t, sums);
}
