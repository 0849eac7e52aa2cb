// How ops that go row by row are split over threads.
#pragma once

#include <algorithm>
#include <cstdint>

namespace retort {

/// Values of one share at least: below two shares, waking another thread costs more than it saves.
inline constexpr int64_t kShareElements = 16384;

/// Rows per share for rows of n values.
constexpr int64_t share_rows(int64_t n) {
  return std::max<int64_t>(1, kShareElements / std::max<int64_t>(1, n));
}

}  // namespace retort
