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
  /// f32 only.
  const float* f32() const {
    RETORT_DCHECK(dtype == DType::f32);
    return reinterpret_cast<const float*>(data);
  }
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
  const TensorView& view() const { return view_; }

 private:
  TensorView view_;
  std::shared_ptr<std::byte> storage_;
};

}  // namespace retort
