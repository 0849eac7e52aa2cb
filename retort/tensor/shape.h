// Shape: up to four 64-bit extents, row-major; the last one is contiguous.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include "retort/base/check.h"

namespace retort {

class Shape {
 public:
  static constexpr int kMaxRank = 4;

  Shape() = default;
  Shape(std::initializer_list<int64_t> extents) : Shape(std::span(extents.begin(), extents.size())) {}
  explicit Shape(std::span<const int64_t> extents) : rank_(static_cast<int>(extents.size())) {
    RETORT_CHECK(extents.size() <= kMaxRank);
    for (size_t i = 0; i < extents.size(); ++i) extents_[i] = extents[i];
  }

  int rank() const { return rank_; }
  int64_t operator[](int i) const { return extents_[static_cast<size_t>(i)]; }
  /// The last extent; 1 for a scalar.
  int64_t columns() const { return rank_ == 0 ? 1 : extents_[static_cast<size_t>(rank_) - 1]; }
  /// The product of all extents but the last.
  int64_t rows() const {
    int64_t n = 1;
    for (int i = 0; i + 1 < rank_; ++i) n *= (*this)[i];
    return n;
  }
  int64_t elements() const { return rows() * columns(); }
  bool operator==(const Shape& other) const { return rank_ == other.rank_ && extents_ == other.extents_; }
  /// "[28, 1536]"
  std::string to_string() const {
    std::string text = "[";
    for (int i = 0; i < rank_; ++i) text += (i ? ", " : "") + std::to_string((*this)[i]);
    return text + "]";
  }

 private:
  int rank_ = 0;
  std::array<int64_t, kMaxRank> extents_{};
};

}  // namespace retort
