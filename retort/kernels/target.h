// Target regions: code between BEGIN and END is compiled for an instruction set that the baseline build does
// not assume. Only free functions in anonymous namespaces belong inside; include headers before BEGIN.
#pragma once

#define RETORT_PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define RETORT_TARGET_BEGIN(isa) \
  RETORT_PRAGMA(clang attribute push(__attribute__((target(isa))), apply_to = function))
#define RETORT_TARGET_END RETORT_PRAGMA(clang attribute pop)
#else
// The warnings are false ones about GCC's own AVX-512 headers (GCC bug 105593).
#define RETORT_TARGET_BEGIN(isa)                          \
  RETORT_PRAGMA(GCC push_options)                         \
  RETORT_PRAGMA(GCC target(isa))                          \
  RETORT_PRAGMA(GCC diagnostic push)                      \
  RETORT_PRAGMA(GCC diagnostic ignored "-Wuninitialized") \
  RETORT_PRAGMA(GCC diagnostic ignored "-Wmaybe-uninitialized")
#define RETORT_TARGET_END RETORT_PRAGMA(GCC diagnostic pop) RETORT_PRAGMA(GCC pop_options)
#endif

/// Before a loop of constant length over vectors that must stay in registers.
#if defined(__clang__)
#define RETORT_UNROLL RETORT_PRAGMA(clang loop unroll(full))
#else
#define RETORT_UNROLL RETORT_PRAGMA(GCC unroll 64)
#endif

#define RETORT_TARGET_AVX2 "avx2,fma,f16c"
#define RETORT_TARGET_AVX512 "avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl"
#define RETORT_TARGET_AVX512_VNNI_BF16 \
  "avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512vbmi,avx512bf16"
