// Sparse products at AVX-512, of both levels.
#include <immintrin.h>

#include "retort/kernels/sparse_levels.h"
#include "retort/kernels/target.h"

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX512)
namespace retort::kernels {
namespace {

using Vector = __m512;
using Dwords = __m512i;
constexpr int kLanes = 16;

inline Vector load(const float* p) {
  return _mm512_load_ps(p);
}
inline void store(float* p, Vector v) {
  _mm512_store_ps(p, v);
}
inline Dwords load_dwords(const std::byte* p) {
  return _mm512_load_si512(reinterpret_cast<const __m512i*>(p));
}
inline Vector low_half(Dwords w) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(w, 16));
}
inline Vector high_half(Dwords w) {
  return _mm512_castsi512_ps(_mm512_and_si512(w, _mm512_set1_epi32(static_cast<int>(0xffff0000u))));
}
inline Vector broadcast(float x) {
  return _mm512_set1_ps(x);
}
inline Vector multiply_add(Vector w, Vector x, Vector sum) {
  return _mm512_fmadd_ps(w, x, sum);
}

#include "retort/kernels/x86/sparse_products-inl.h"

constexpr SparseProducts kTable{accumulate};

}  // namespace
}  // namespace retort::kernels
RETORT_TARGET_END

namespace retort::kernels {

const SparseProducts& sparse_products_avx512() {
  return kTable;
}

}  // namespace retort::kernels
