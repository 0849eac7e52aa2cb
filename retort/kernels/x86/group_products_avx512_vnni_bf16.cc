// Products with a scale per group of columns at AVX-512 with BF16 and VBMI: both sides are pairs of BF16
// (vdpbf16ps, which takes subnormal numbers as zeros), 128 columns a step.
#include <immintrin.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "retort/kernels/group_levels.h"
#include "retort/kernels/target.h"
#include "retort/tensor/float_formats.h"

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX512_VNNI_BF16)
namespace retort::kernels {
namespace {

#include "retort/kernels/x86/f8_bf16_avx512-inl.h"
#include "retort/kernels/x86/float_avx512-inl.h"

inline Sum splat(float x) {
  return _mm512_set1_ps(x);
}
inline Sum fma(Sum a, Sum b, Sum c) {
  return _mm512_fmadd_ps(a, b, c);
}
inline void load(const std::byte* p, __m512i& v) {
  v = _mm512_loadu_si512(p);
}
inline Sum multiply_add(Sum sum, __m512i w, __m512i x) {
  return _mm512_dpbf16_ps(sum, (__m512bh)w, (__m512bh)x);
}

struct Pairs {
  using Vector = __m512i;
  static constexpr int64_t kStep = 128, kActivationBytes = 256;
  static constexpr bool kBiased = false;
  static constexpr int kVectors = 4, kRows = 2, kCols = 5, kStreamedRows = 4;
};

/// BF16 of -8 to 7, twice: what vpermw makes of a word whose lowest 4 bits are a weight, whatever the fifth
/// is.
alignas(64) constexpr uint16_t kNibbles[32] = {
    0xc100, 0xc0e0, 0xc0c0, 0xc0a0, 0xc080, 0xc040, 0xc000, 0xbf80, 0x0000, 0x3f80, 0x4000,
    0x4040, 0x4080, 0x40a0, 0x40c0, 0x40e0, 0xc100, 0xc0e0, 0xc0c0, 0xc0a0, 0xc080, 0xc040,
    0xc000, 0xbf80, 0x0000, 0x3f80, 0x4000, 0x4040, 0x4080, 0x40a0, 0x40c0, 0x40e0};

#include "retort/kernels/x86/group_scales_avx512-inl.h"

/// Words n, 4 + n, 8 + n, ... of 64.
constexpr Words fourth_words(int n) {
  Words words{};
  for (int i = 0; i < 16; ++i) words.at[i] = static_cast<uint16_t>(4 * i + n);
  return words;
}
constexpr Words kFourthWords[] = {fourth_words(0), fourth_words(1), fourth_words(2), fourth_words(3)};

/// A word of 16 bits is 4 columns: vector v holds columns 4 w + v, and a lane 8 columns in a row of a group.
struct Int4 : Pairs {
  using Raw = __m512i;
  static constexpr int64_t kStepBytes = 64;
  static constexpr bool kRowScales = true;
  static Raw load_raw(const std::byte* p) { return _mm512_loadu_si512(p); }
  template <int v>
  static __m512i vector(Raw raw) {
    const __m512i nibbles = v == 0 ? raw : _mm512_srli_epi16(raw, 4 * v);
    return _mm512_permutexvar_epi16(nibbles, _mm512_load_si512(kNibbles));
  }
  static Sum row_scale(const bf16* scales, int group, int64_t column) {
    return group_scales(scales, group, column);
  }
  static void store_activations(const float* x, std::byte* out) {
    __m512i v[4];
    for (int i = 0; i < 4; ++i)
      v[i] = to_bf16_pair(_mm512_loadu_ps(x + 32 * i), _mm512_loadu_ps(x + 32 * i + 16), 1.0f);
    for (int n = 0; n < 4; ++n) {
      const __m512i words = _mm512_load_si512(kFourthWords[n].at);
      const __m512i first = _mm512_permutex2var_epi16(v[0], words, v[1]);
      const __m512i second = _mm512_permutex2var_epi16(v[2], words, v[3]);
      _mm512_storeu_si512(out + 64 * n, _mm512_inserti64x4(first, _mm512_castsi512_si256(second), 1));
    }
  }
};

struct F8 : Pairs {
  struct Raw {
    __m512i codes[2];
  };
  static constexpr int64_t kStepBytes = 128;
  static constexpr bool kRowScales = false;
  static Raw load_raw(const std::byte* p) { return {{_mm512_loadu_si512(p), _mm512_loadu_si512(p + 64)}}; }
  template <int v>
  static __m512i vector(const Raw& raw) {
    __m512i pairs[2];
    f8_to_bf16(raw.codes[v / 2], pairs);
    return pairs[v % 2];
  }
  static void store_activations(const float* x, std::byte* out) {
    store_f8_activations(x, 1.0f, out);
    store_f8_activations(x + 64, 1.0f, out + 128);
  }
};

#include "retort/kernels/x86/group_products-inl.h"

}  // namespace

const GroupProducts& group_products_avx512_vnni_bf16() {
  return kTable;
}

}  // namespace retort::kernels
RETORT_TARGET_END
