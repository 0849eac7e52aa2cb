// Products of floating-point weights at AVX-512 with BF16 and VBMI: bf16 and f8_e4m3 weights run on pairs of
// BF16 (vdpbf16ps, which takes subnormal numbers as zeros), f32 and f16 weights on f32.
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "retort/kernels/float_levels.h"
#include "retort/kernels/target.h"
#include "retort/tensor/float_formats.h"

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX512_VNNI_BF16)
namespace retort::kernels {
namespace {

#include "retort/kernels/x86/f8_bf16_avx512-inl.h"
#include "retort/kernels/x86/float_avx512-inl.h"

// ---- weights and activations as BF16 -----------------------------------------------------------------

inline void load(const std::byte* p, __m512i& v) {
  v = _mm512_loadu_si512(p);
}
inline void save(std::byte* p, __m512i v) {
  _mm512_store_si512(p, v);
}
inline Sum multiply_add(Sum sum, __m512i w, __m512i x) {
  return _mm512_dpbf16_ps(sum, (__m512bh)w, (__m512bh)x);
}

struct Bf16Operands {
  using Vector = __m512i;
  static constexpr int64_t kElementBytes = 2;
  static constexpr int kTileColumns = 6;
  // Of a tile, by its columns less one. For one column 4 rows stream faster from a mapped file than 8 or 2.
  static constexpr int kStreamedRows[] = {4, 8, 8, 6, 4, 4, 3, 3};
  static constexpr int kRawTileColumns = 6;
  static constexpr int64_t kRawColumns = 32;
};

struct Bf16Weights : Bf16Operands {
  static constexpr int kColumns = 32, kVectors = 1;
  static constexpr int64_t kWeightBytes = 2;
};
inline void expand(Bf16Weights, const std::byte* p, __m512i* v) {
  v[0] = _mm512_loadu_si512(p);
}
inline void store_activations(Bf16Weights, const float* x, float scale, std::byte* out) {
  _mm512_storeu_si512(out, to_bf16_pair(_mm512_loadu_ps(x), _mm512_loadu_ps(x + 16), scale));
}

inline void round_to_bf16(const float* x, bf16* out) {
  for (int64_t j = 0; j < kFloatPadding; j += 32)
    _mm512_storeu_si512(out + j, to_bf16_pair(_mm512_loadu_ps(x + j), _mm512_loadu_ps(x + j + 16), 1.0f));
}

struct F8Weights : Bf16Operands {
  // Smaller tiles than bf16's leave registers for the expansion.
  static constexpr int kStreamedRows[] = {4, 4, 4, 4};
  static constexpr int kRawTileColumns = 4;
  static constexpr int64_t kRawColumns = 16;
  static constexpr int kColumns = 64, kVectors = 2;
  static constexpr int64_t kWeightBytes = 1;
};
inline void expand(F8Weights, const std::byte* p, __m512i* v) {
  f8_to_bf16(_mm512_loadu_si512(p), v);
}
inline void store_activations(F8Weights, const float* x, float scale, std::byte* out) {
  store_f8_activations(x, scale, out);
}

#include "retort/kernels/x86/float_products-inl.h"

constexpr FloatProducts kTable =
    float_table(float_format<F32Weights>(round_columns_f32), float_format<F16Weights>(),
                float_format<Bf16Weights>(round_columns_bf16), float_format<F8Weights>());

}  // namespace

const FloatProducts& float_products_avx512_vnni_bf16() {
  return kTable;
}

}  // namespace retort::kernels
RETORT_TARGET_END
