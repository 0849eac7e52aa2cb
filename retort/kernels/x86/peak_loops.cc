// Peak loops of the x86 levels: 12 independent accumulators hide every latency and leave registers for
// operands.
#include "retort/kernels/peak_loops.h"

#include <immintrin.h>

#include "retort/kernels/target.h"

namespace retort::kernels {
namespace {
constexpr int kAccumulators = 12;
constexpr size_t kAhead = 4096;  // bytes that reading fetches ahead: measured best on Zen 4
}  // namespace
}  // namespace retort::kernels

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX2)
namespace retort::kernels {
namespace {

void fma_avx2(int64_t steps, std::byte* sink) noexcept {
  __m256 sums[kAccumulators];
  RETORT_UNROLL
  for (int i = 0; i < kAccumulators; ++i) sums[i] = _mm256_loadu_ps(reinterpret_cast<float*>(sink) + i * 8);
  const __m256 a = _mm256_set1_ps(0.75f), b = _mm256_set1_ps(0.25f);
  for (int64_t s = 0; s < steps; ++s) {
    RETORT_UNROLL
    for (int i = 0; i < kAccumulators; ++i) sums[i] = _mm256_fmadd_ps(sums[i], a, b);
  }
  RETORT_UNROLL
  for (int i = 0; i < kAccumulators; ++i) _mm256_storeu_ps(reinterpret_cast<float*>(sink) + i * 8, sums[i]);
}

#include "retort/kernels/x86/touch_page-inl.h"

template <bool kLines>
uint64_t read_avx2(const std::byte* p, size_t bytes) noexcept {
  __m256i sum = _mm256_setzero_si256(), other = sum;
  for (size_t i = 0; i < bytes; i += 64) {
    if (i % kReadGrain == 0) touch_page(p + i);
    if constexpr (kLines) _mm_prefetch(reinterpret_cast<const char*>(p) + i + kAhead, _MM_HINT_T1);
    sum = _mm256_add_epi64(sum, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + i)));
    other = _mm256_add_epi64(other, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + i + 32)));
  }
  alignas(32) uint64_t parts[4];
  _mm256_store_si256(reinterpret_cast<__m256i*>(parts), _mm256_add_epi64(sum, other));
  return parts[0] + parts[1] + parts[2] + parts[3];
}

}  // namespace
}  // namespace retort::kernels
RETORT_TARGET_END

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX512)
namespace retort::kernels {
namespace {

void fma_avx512(int64_t steps, std::byte* sink) noexcept {
  __m512 sums[kAccumulators];
  RETORT_UNROLL
  for (int i = 0; i < kAccumulators; ++i) sums[i] = _mm512_loadu_ps(sink + i * 64);
  const __m512 a = _mm512_set1_ps(0.75f), b = _mm512_set1_ps(0.25f);
  for (int64_t s = 0; s < steps; ++s) {
    RETORT_UNROLL
    for (int i = 0; i < kAccumulators; ++i) sums[i] = _mm512_fmadd_ps(sums[i], a, b);
  }
  RETORT_UNROLL
  for (int i = 0; i < kAccumulators; ++i) _mm512_storeu_ps(sink + i * 64, sums[i]);
}

template <bool kLines>
uint64_t read_avx512(const std::byte* p, size_t bytes) noexcept {
  __m512i sum = _mm512_setzero_si512(), other = sum;
  for (size_t i = 0; i < bytes; i += 128) {
    if (i % kReadGrain == 0) touch_page(p + i);
    if constexpr (kLines) {
      _mm_prefetch(reinterpret_cast<const char*>(p) + i + kAhead, _MM_HINT_T1);
      _mm_prefetch(reinterpret_cast<const char*>(p) + i + kAhead + 64, _MM_HINT_T1);
    }
    sum = _mm512_add_epi64(sum, _mm512_loadu_si512(p + i));
    other = _mm512_add_epi64(other, _mm512_loadu_si512(p + i + 64));
  }
  return static_cast<uint64_t>(_mm512_reduce_add_epi64(_mm512_add_epi64(sum, other)));
}

}  // namespace
}  // namespace retort::kernels
RETORT_TARGET_END

RETORT_TARGET_BEGIN(RETORT_TARGET_AVX512_VNNI_BF16)
namespace retort::kernels {
namespace {

void bf16_avx512(int64_t steps, std::byte* sink) noexcept {
  __m512 sums[kAccumulators];
  RETORT_UNROLL
  for (int i = 0; i < kAccumulators; ++i) sums[i] = _mm512_loadu_ps(sink + i * 64);
  const __m512i ones = _mm512_set1_epi16(0x3f80);  // BF16 1.0
  for (int64_t s = 0; s < steps; ++s) {
    RETORT_UNROLL
    for (int i = 0; i < kAccumulators; ++i)
      sums[i] = _mm512_dpbf16_ps(sums[i], (__m512bh)ones, (__m512bh)ones);
  }
  RETORT_UNROLL
  for (int i = 0; i < kAccumulators; ++i) _mm512_storeu_ps(sink + i * 64, sums[i]);
}

void int8_avx512(int64_t steps, std::byte* sink) noexcept {
  __m512i sums[kAccumulators];
  RETORT_UNROLL
  for (int i = 0; i < kAccumulators; ++i) sums[i] = _mm512_loadu_si512(sink + i * 64);
  const __m512i a = _mm512_set1_epi8(3), b = _mm512_set1_epi8(-5);
  for (int64_t s = 0; s < steps; ++s) {
    RETORT_UNROLL
    for (int i = 0; i < kAccumulators; ++i) sums[i] = _mm512_dpbusd_epi32(sums[i], a, b);
  }
  RETORT_UNROLL
  for (int i = 0; i < kAccumulators; ++i) _mm512_storeu_si512(sink + i * 64, sums[i]);
}

}  // namespace
}  // namespace retort::kernels
RETORT_TARGET_END

namespace retort::kernels {
namespace {

// Operations per step: two for every multiply-add of every lane.
constexpr PeakLoops kAvx2 = {
    {fma_avx2, 2.0 * 8 * kAccumulators}, {}, {}, {read_avx2<false>, read_avx2<true>}};
constexpr PeakLoops kAvx512 = {
    {fma_avx512, 2.0 * 16 * kAccumulators}, {}, {}, {read_avx512<false>, read_avx512<true>}};
constexpr PeakLoops kVnniBf16 = {{fma_avx512, 2.0 * 16 * kAccumulators},
                                 {bf16_avx512, 2.0 * 32 * kAccumulators},
                                 {int8_avx512, 2.0 * 64 * kAccumulators},
                                 {read_avx512<false>, read_avx512<true>}};

}  // namespace

const PeakLoops& peak_loops_avx2() {
  return kAvx2;
}
const PeakLoops& peak_loops_avx512() {
  return kAvx512;
}
const PeakLoops& peak_loops_avx512_vnni_bf16() {
  return kVnniBf16;
}

}  // namespace retort::kernels
