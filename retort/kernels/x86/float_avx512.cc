// Products of floating-point weights at AVX-512: every format is widened to f32.
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "retort/kernels/float_levels.h"
#include "retort/kernels/target.h"
#include "retort/tensor/float_formats.h"

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX512)
namespace retort::kernels {
namespace {

#include "retort/kernels/x86/f8_f32_avx512-inl.h"
#include "retort/kernels/x86/float_avx512-inl.h"

struct Bf16Weights : F32Operands {
  static constexpr int kColumns = 16, kVectors = 1;
  static constexpr int64_t kWeightBytes = 2;
};
inline void expand(Bf16Weights, const std::byte* p, __m512* v) {
  const __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  v[0] = _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
}
inline void store_activations(Bf16Weights, const float* x, float scale, std::byte* out) {
  _mm512_storeu_ps(out, rounded_to_bf16(_mm512_mul_ps(_mm512_loadu_ps(x), _mm512_set1_ps(scale))));
}

inline void round_to_bf16(const float* x, bf16* out) {
  for (int64_t j = 0; j < kFloatPadding; j += 16) {
    const __m512i bits = _mm512_castps_si512(rounded_to_bf16(_mm512_loadu_ps(x + j)));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + j),
                        _mm512_cvtepi32_epi16(_mm512_srli_epi32(bits, 16)));
  }
}

struct F8Weights : F32Operands {
  static constexpr int kColumns = 32, kVectors = 2;
  static constexpr int64_t kWeightBytes = 1;
};
inline void expand(F8Weights, const std::byte* p, __m512* v) {
  widen_f8(p, v);
}
inline void store_activations(F8Weights, const float* x, float scale, std::byte* out) {
  store_activations(Bf16Weights{}, x, scale, out);
  store_activations(Bf16Weights{}, x + 16, scale, out + 64);
}

#include "retort/kernels/x86/float_products-inl.h"

constexpr FloatProducts kTable =
    float_table(float_format<F32Weights>(round_columns_f32), float_format<F16Weights>(),
                float_format<Bf16Weights>(round_columns_bf16), float_format<F8Weights>());

}  // namespace

const FloatProducts& float_products_avx512() {
  return kTable;
}

}  // namespace retort::kernels
RETORT_TARGET_END
