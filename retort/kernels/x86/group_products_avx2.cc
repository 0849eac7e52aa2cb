// Products with a scale per group of columns at AVX2 with FMA: weights are widened to f32.
#include <immintrin.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "retort/kernels/group_levels.h"
#include "retort/kernels/target.h"
#include "retort/tensor/float_formats.h"

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX2)
namespace retort::kernels {
namespace {

#include "retort/kernels/x86/float_avx2-inl.h"

inline Sum splat(float x) {
  return _mm256_set1_ps(x);
}
inline Sum fma(Sum a, Sum b, Sum c) {
  return _mm256_fmadd_ps(a, b, c);
}

constexpr int kLanes = 8;
using Ints = __m256i;
inline Ints load_words(const std::byte* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}
inline Ints and_bits(Ints words, int mask) {
  return _mm256_and_si256(words, _mm256_set1_epi32(mask));
}
inline Ints shift_right_28(Ints words) {
  return _mm256_srli_epi32(words, 28);
}
inline Sum to_floats(Ints x) {
  return _mm256_cvtepi32_ps(x);
}
/// Of 64 columns, lane by lane: from two neighbours in one word, which need not both belong to them.
inline Sum group_scales(const bf16* scales, int group, int64_t column) {
  int32_t pair;
  std::memcpy(&pair, scales + column / group, sizeof pair);
  const int second = group == 32 ? 0 : 16;
  const __m256i shifts = _mm256_setr_epi32(16, 16, 16, 16, second, second, second, second);
  const __m256i high = _mm256_sllv_epi32(_mm256_set1_epi32(pair), shifts);
  return _mm256_castsi256_ps(_mm256_and_si256(high, _mm256_set1_epi32(-65536)));
}

#include "retort/kernels/x86/int4_words-inl.h"

struct F8 {
  using Vector = __m256;
  struct Raw {
    __m256 v[4];
  };
  static constexpr int64_t kStep = 32, kStepBytes = 32, kActivationBytes = 128;
  static constexpr int kVectors = 4, kRows = 2, kCols = 2, kStreamedRows = 4;
  static constexpr bool kRowScales = false, kBiased = false;
  static Raw load_raw(const std::byte* p) {
    Raw raw;
    widen_f8(p, raw.v);
    widen_f8(p + 16, raw.v + 2);
    return raw;
  }
  template <int v>
  static __m256 vector(const Raw& raw) {
    return raw.v[v];
  }
  static void store_activations(const float* x, std::byte* out) {
    for (int64_t j = 0; j < kGroupPadding; j += 8)
      _mm256_storeu_ps(reinterpret_cast<float*>(out + 4 * j), rounded_to_bf16(_mm256_loadu_ps(x + j)));
  }
};

#include "retort/kernels/x86/group_products-inl.h"

}  // namespace

const GroupProducts& group_products_avx2() {
  return kTable;
}

}  // namespace retort::kernels
RETORT_TARGET_END
