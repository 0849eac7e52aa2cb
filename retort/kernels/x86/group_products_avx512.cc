// Products with a scale per group of columns at AVX-512: weights are widened to f32.
#include <immintrin.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "retort/kernels/group_levels.h"
#include "retort/kernels/target.h"
#include "retort/tensor/float_formats.h"

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX512)
namespace retort::kernels {
namespace {

#include "retort/kernels/x86/f8_f32_avx512-inl.h"
#include "retort/kernels/x86/float_avx512-inl.h"

inline Sum splat(float x) {
  return _mm512_set1_ps(x);
}
inline Sum fma(Sum a, Sum b, Sum c) {
  return _mm512_fmadd_ps(a, b, c);
}

constexpr int kLanes = 16;
using Ints = __m512i;
inline Ints load_words(const std::byte* p) {
  return _mm512_loadu_si512(p);
}
inline Ints and_bits(Ints words, int mask) {
  return _mm512_and_si512(words, _mm512_set1_epi32(mask));
}
inline Ints shift_right_28(Ints words) {
  return _mm512_srli_epi32(words, 28);
}
inline Sum to_floats(Ints x) {
  return _mm512_cvtepi32_ps(x);
}

#include "retort/kernels/x86/group_scales_avx512-inl.h"
#include "retort/kernels/x86/int4_words-inl.h"

struct F8 {
  using Vector = __m512;
  struct Raw {
    __m512 v[2];
  };
  static constexpr int64_t kStep = 32, kStepBytes = 32, kActivationBytes = 128;
  static constexpr int kVectors = 2, kRows = 2, kCols = 4, kStreamedRows = 4;
  static constexpr bool kRowScales = false, kBiased = false;
  static Raw load_raw(const std::byte* p) {
    Raw raw;
    widen_f8(p, raw.v);
    return raw;
  }
  template <int v>
  static __m512 vector(const Raw& raw) {
    return raw.v[v];
  }
  static void store_activations(const float* x, std::byte* out) {
    for (int64_t j = 0; j < kGroupPadding; j += 16)
      _mm512_storeu_ps(out + 4 * j, rounded_to_bf16(_mm512_loadu_ps(x + j)));
  }
};

#include "retort/kernels/x86/group_products-inl.h"

}  // namespace

const GroupProducts& group_products_avx512() {
  return kTable;
}

}  // namespace retort::kernels
RETORT_TARGET_END
