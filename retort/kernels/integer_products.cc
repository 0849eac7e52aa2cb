// Where 8-bit activations lie in their buffer, and the table of integer products of each level.
#include "retort/kernels/integer_products.h"

#include "retort/base/arithmetic.h"
#include "retort/kernels/integer_levels.h"

namespace retort::kernels {
namespace {

/// Byte offsets of the arrays, each aligned to a cache line.
struct Offsets {
  size_t scale, offset, bias_8, bias_128, bias_32, end;
};

Offsets offsets(int64_t m, int64_t k) {
  const auto groups = static_cast<size_t>(m * (k / kActivationGroup));
  const size_t words = round_up<size_t>(groups * 4, 64);
  Offsets at{};
  at.scale = round_up<size_t>(groups * kActivationGroup, 64);
  at.offset = at.scale + words;
  at.bias_8 = at.offset + words;
  at.bias_128 = at.bias_8 + words;
  at.bias_32 = at.bias_128 + words;
  at.end = at.bias_32 + 2 * words;
  return at;
}

}  // namespace

size_t q8_activation_bytes(int64_t m, int64_t k) {
  return offsets(m, k).end;
}

Q8Activations q8_activations_in(std::byte* buffer, int64_t m, int64_t k) {
  const Offsets at = offsets(m, k);
  return {reinterpret_cast<int8_t*>(buffer),
          reinterpret_cast<float*>(buffer + at.scale),
          reinterpret_cast<float*>(buffer + at.offset),
          reinterpret_cast<int32_t*>(buffer + at.bias_8),
          reinterpret_cast<int32_t*>(buffer + at.bias_128),
          reinterpret_cast<int32_t*>(buffer + at.bias_32),
          m,
          k};
}

const IntegerProducts& integer_products(Isa isa) {
  switch (isa) {
#if defined(__x86_64__)
    case Isa::avx2:
      return integer_products_avx2();
    case Isa::avx512:
      return integer_products_avx512();
    case Isa::avx512_vnni_bf16:
      return integer_products_vnni();
#endif
    default:
      return integer_products_scalar();
  }
}

}  // namespace retort::kernels
