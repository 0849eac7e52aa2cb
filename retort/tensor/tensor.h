// Tensor and TensorView: a dtype, a row-major shape, and where the bytes are. Small values, cheap to copy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "retort/base/check.h"
#include "retort/tensor/dtype.h"
#include "retort/tensor/shape.h"

namespace retort {

/// The dtype of values of type T.
template <typename T>
inline constexpr DType kDTypeOf = DType::f32;
template <>
inline constexpr DType kDTypeOf<double> = DType::f64;

/// Read-only bytes that somebody else owns (a mapped file, an arena). Contiguous, row-major.
struct TensorView {
  DType dtype = DType::f32;
  Shape shape;
  const std::byte* data = nullptr;

  int64_t rows() const { return shape.rows(); }
  int64_t columns() const { return shape.columns(); }
  int64_t row_bytes() const { return retort::row_bytes(dtype, columns()); }
  uint64_t bytes() const { return static_cast<uint64_t>(rows()) * static_cast<uint64_t>(row_bytes()); }
  const std::byte* row(int64_t i) const { return data + i * row_bytes(); }
  std::span<const std::byte> span() const { return {data, bytes()}; }
  /// As T = float or double, whichever the dtype is.
  template <typename T>
  const T* as() const {
    RETORT_DCHECK(dtype == kDTypeOf<T>);
    return reinterpret_cast<const T*>(data);
  }
  /// f32 only.
  const float* f32() const { return as<float>(); }
};

/// A tensor of activations: writable, in an arena (then the arena owns it) or in storage of its own.
class Tensor {
 public:
  Tensor() = default;
  /// Over memory that outlives it.
  Tensor(DType dtype, Shape shape, std::byte* data) : view_{dtype, shape, data} {}
  /// With storage of its own, 64-byte aligned, zeroed.
  static Tensor owned(DType dtype, Shape shape);

  DType dtype() const { return view_.dtype; }
  const Shape& shape() const { return view_.shape; }
  int64_t rows() const { return view_.rows(); }
  int64_t columns() const { return view_.columns(); }
  std::byte* bytes() const { return const_cast<std::byte*>(view_.data); }
  /// f32 only.
  float* f32() const { return const_cast<float*>(view_.f32()); }
  float* row(int64_t i) const { return f32() + i * columns(); }
  /// As T = float or double, whichever the dtype is.
  template <typename T>
  T* as() const {
    return const_cast<T*>(view_.as<T>());
  }
  template <typename T>
  T* row_as(int64_t i) const {
    return as<T>() + i * columns();
  }
  const TensorView& view() const { return view_; }

 private:
  TensorView view_;
  std::shared_ptr<std::byte> storage_;
};

}  // namespace retort
