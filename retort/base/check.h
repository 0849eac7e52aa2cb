// RETORT_CHECK: a promise between our own functions. It is never reachable from input bytes; when it
// breaks the program stops with the place and the condition.
#pragma once

#include <cstdio>
#include <cstdlib>

#define RETORT_CHECK(condition)                                                                   \
  do {                                                                                            \
    if (!(condition)) [[unlikely]] {                                                              \
      std::fprintf(stderr, "%s:%d: internal check failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                               \
    }                                                                                             \
  } while (false)

#ifdef NDEBUG
#define RETORT_DCHECK(condition) \
  do {                           \
    if (false) {                 \
      (void)(condition);         \
    }                            \
  } while (false)
#else
#define RETORT_DCHECK(condition) RETORT_CHECK(condition)
#endif
