// What bounds the work on one answer. Real answers are far below; what lies above is compared as text.
#pragma once

#include <cstddef>
#include <cstdint>

namespace retort::eval {

constexpr size_t kMaxAnswerBytes = 8192;
constexpr int kMaxNodes = 2000;
constexpr int kMaxDepth = 100;             // of a tree
constexpr int kMaxNesting = 40;            // of brackets, while parsing
constexpr size_t kMaxExactBits = 1 << 17;  // of a rational number: 2006! has 19,000
constexpr uint32_t kMaxFactorial = 5000;
constexpr size_t kMaxSignVariants = 64;  // of one answer with several +-

/// What one comparison may spend, in node evaluations. Deterministic, unlike a clock.
struct Effort {
  int64_t left = 400'000;
  /// False when nothing is left.
  bool spend(int64_t n) {
    left -= n;
    return left >= 0;
  }
};

}  // namespace retort::eval
