// Activations are f32. In f64 the very same ops check gradients: code that both run is written once over T.
#pragma once

#include <type_traits>

#include "retort/ops/context.h"

namespace retort {

/// Calls f(T{}) with T = float or double, whichever the activations' dtype is.
template <typename F>
decltype(auto) with_real(DType dtype, F f) {
  RETORT_CHECK(dtype == DType::f32 || dtype == DType::f64);
  return dtype == DType::f64 ? f(double{}) : f(float{});
}

template <typename T>
const kernels::ElementwiseKernelsOf<T>& elementwise(const Context& ctx) {
  if constexpr (std::is_same_v<T, double>) {
    return ctx.kernels.elementwise_f64;
  } else {
    return ctx.kernels.elementwise;
  }
}

/// The products of weights of `dtype` with activations of type T.
template <typename T>
const kernels::FloatFormatOf<T>& products(const Context& ctx, DType dtype) {
  if constexpr (std::is_same_v<T, double>) {
    RETORT_CHECK(dtype == DType::f64);
    return ctx.kernels.products_f64;
  } else {
    return ctx.kernels.float_products.formats[static_cast<int>(dtype)];
  }
}

}  // namespace retort
