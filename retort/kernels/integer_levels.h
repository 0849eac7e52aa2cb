// The tables that the levels' files define, for integer_products(Isa) to choose from.
#pragma once

#include "retort/kernels/integer_products.h"

namespace retort::kernels {

/// Under a sanitizer every load of the unrolled loops is checked, and compiling them takes many minutes: they
/// are kept short then. The order of float operations does not change.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kInstrumented = true;
#elif defined(__has_feature)
inline constexpr bool kInstrumented = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||
                                      __has_feature(memory_sanitizer) ||
                                      __has_feature(undefined_behavior_sanitizer);
#else
inline constexpr bool kInstrumented = false;
#endif

const IntegerProducts& integer_products_scalar();
const IntegerProducts& integer_products_avx2();
const IntegerProducts& integer_products_avx512();
const IntegerProducts& integer_products_vnni();

}  // namespace retort::kernels
