// Sparse products at AVX2 with FMA.
#include <immintrin.h>

#include "retort/kernels/sparse_levels.h"
#include "retort/kernels/target.h"

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX2)
namespace retort::kernels {
namespace {

using Vector = __m256;
using Dwords = __m256i;
constexpr int kLanes = 8;

inline Vector load(const float* p) {
  return _mm256_load_ps(p);
}
inline void store(float* p, Vector v) {
  _mm256_store_ps(p, v);
}
inline Dwords load_dwords(const std::byte* p) {
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(p));
}
inline Vector low_half(Dwords w) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(w, 16));
}
inline Vector high_half(Dwords w) {
  return _mm256_castsi256_ps(_mm256_and_si256(w, _mm256_set1_epi32(static_cast<int>(0xffff0000u))));
}
inline Vector broadcast(float x) {
  return _mm256_set1_ps(x);
}
inline Vector multiply_add(Vector w, Vector x, Vector sum) {
  return _mm256_fmadd_ps(w, x, sum);
}

#include "retort/kernels/x86/sparse_products-inl.h"

constexpr SparseProducts kTable{accumulate};

}  // namespace
}  // namespace retort::kernels
RETORT_TARGET_END

namespace retort::kernels {

const SparseProducts& sparse_products_avx2() {
  return kTable;
}

}  // namespace retort::kernels
