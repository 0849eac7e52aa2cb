// Makes problems. A problem depends only on (family, level, split, seed, index), on every platform.
#pragma once

#include <cstdint>
#include <vector>

#include "retort/problems/problem.h"

namespace retort::problems {

struct Selection {
  Family family{};
  int level = kMinLevel;
  Split split = Split::train;
  uint64_t seed = 0;
};

/// Problem number `index` of a selection. Different indexes may give the same canonical problem, the more
/// often the smaller the space of problems is. Throws Error bad_input for a level outside 1..6.
Problem generate(const Selection& selection, uint64_t index);

/// Up to `count` problems with different canonical forms, in the order of their indexes. Fewer only when the
/// space seems exhausted: no new problem in kExhausted indexes one after another.
std::vector<Problem> generate_distinct(const Selection& selection, uint64_t count);
inline constexpr uint64_t kExhausted = 2'000;

/// How much of a thought a gold completion shows.
enum class TraceStyle : uint8_t { none, brief, full };

/// The gold text that follows a prompt ending in "<think>\n": thought, "</think>", answer.
/// `none` leaves the thought empty.
std::string completion(const Turn& turn, TraceStyle style);

}  // namespace retort::problems
