// Products of floating-point weights at AVX2 with FMA and F16C: every format is widened to f32.
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "retort/kernels/float_levels.h"
#include "retort/kernels/target.h"
#include "retort/tensor/float_formats.h"

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX2)
namespace retort::kernels {
namespace {

#include "retort/kernels/x86/float_avx2-inl.h"

struct F32Operands {
  using Vector = __m256;
  static constexpr int64_t kElementBytes = 4;
  static constexpr int kTileColumns = 3;
  static constexpr int kStreamedRows[] = {8, 4, 4};  // of a tile, by its columns less one
  static constexpr int kRawTileColumns = 3;
  static constexpr int64_t kRawColumns = 32;
};

struct F32Weights : F32Operands {
  static constexpr int kColumns = 8, kVectors = 1;
  static constexpr int64_t kWeightBytes = 4;
};
inline void expand(F32Weights, const std::byte* p, __m256* v) {
  v[0] = _mm256_loadu_ps(reinterpret_cast<const float*>(p));
}
inline void store_activations(F32Weights, const float* x, float scale, std::byte* out) {
  const __m256 y = _mm256_mul_ps(_mm256_loadu_ps(x), _mm256_set1_ps(scale));
  _mm256_storeu_ps(reinterpret_cast<float*>(out), y);
}

struct F16Weights : F32Operands {
  static constexpr int kColumns = 8, kVectors = 1;
  static constexpr int64_t kWeightBytes = 2;
};
inline void expand(F16Weights, const std::byte* p, __m256* v) {
  v[0] = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
inline void store_activations(F16Weights, const float* x, float scale, std::byte* out) {
  store_activations(F32Weights{}, x, scale, out);
}

struct Bf16Weights : F32Operands {
  static constexpr int kColumns = 8, kVectors = 1;
  static constexpr int64_t kWeightBytes = 2;
};
inline void expand(Bf16Weights, const std::byte* p, __m256* v) {
  const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  v[0] = _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
}
inline void store_activations(Bf16Weights, const float* x, float scale, std::byte* out) {
  const __m256 y = rounded_to_bf16(_mm256_mul_ps(_mm256_loadu_ps(x), _mm256_set1_ps(scale)));
  _mm256_storeu_ps(reinterpret_cast<float*>(out), y);
}

inline void round_to_bf16(const float* x, bf16* out) {
  for (int64_t j = 0; j < kFloatPadding; j += 8) {
    const __m256i bits = _mm256_srli_epi32(_mm256_castps_si256(rounded_to_bf16(_mm256_loadu_ps(x + j))), 16);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + j),
                     _mm_packus_epi32(_mm256_castsi256_si128(bits), _mm256_extracti128_si256(bits, 1)));
  }
}

struct F8Weights : F32Operands {
  static constexpr int kColumns = 16, kVectors = 2;
  static constexpr int64_t kWeightBytes = 1;
};
inline void expand(F8Weights, const std::byte* p, __m256* v) {
  widen_f8(p, v);
}
inline void store_activations(F8Weights, const float* x, float scale, std::byte* out) {
  store_activations(Bf16Weights{}, x, scale, out);
  store_activations(Bf16Weights{}, x + 8, scale, out + 32);
}

#include "retort/kernels/x86/float_products-inl.h"

constexpr FloatProducts kTable =
    float_table(float_format<F32Weights>(round_columns_f32), float_format<F16Weights>(),
                float_format<Bf16Weights>(round_columns_bf16), float_format<F8Weights>());

}  // namespace

const FloatProducts& float_products_avx2() {
  return kTable;
}

}  // namespace retort::kernels
RETORT_TARGET_END
