// What the families share: drawing problems from random numbers, and the declarations of the families.
// Never draw twice within one expression: C++ leaves the order of evaluation open, and a problem must be the
// same on every platform.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "retort/base/check.h"
#include "retort/base/random.h"
#include "retort/problems/problem.h"

namespace retort::problems {

/// Uniform in [low, high].
inline int64_t draw_between(Random& random, int64_t low, int64_t high) {
  RETORT_CHECK(low <= high);
  return low + static_cast<int64_t>(random.below(static_cast<uint64_t>(high - low) + 1));
}

/// True `percent` times in a hundred.
inline bool draw_chance(Random& random, uint64_t percent) {
  return random.below(100) < percent;
}

/// An index into `n` things.
inline size_t draw_index(Random& random, size_t n) {
  return static_cast<size_t>(random.below(n));
}

/// The index of a weight, with a probability in proportion to it.
template <typename Weights>
size_t draw_weighted(Random& random, const Weights& weights) {
  uint64_t sum = 0;
  for (uint64_t weight : weights) sum += weight;
  uint64_t at = random.below(sum);
  size_t i = 0;
  for (uint64_t weight : weights) {
    if (at < weight) return i;
    at -= weight;
    ++i;
  }
  RETORT_CHECK(false);
  return i;
}

/// Fisher and Yates.
template <typename T>
void shuffle(Random& random, std::vector<T>& items) {
  for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[draw_index(random, i)]);
}

/// `count` different indexes below `n`, in random order.
inline std::vector<size_t> draw_different(Random& random, size_t n, size_t count) {
  RETORT_CHECK(count <= n);
  std::vector<size_t> all(n);
  for (size_t i = 0; i < n; ++i) all[i] = i;
  shuffle(random, all);
  all.resize(count);
  return all;
}

/// Each fills in kind, template_id, canonical, turns and function; the caller does the rest.
#define X(name, summary) Problem draw_##name(Random& random, int level);
#include "retort/problems/families.inc"
#undef X

}  // namespace retort::problems
