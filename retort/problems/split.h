// Which problems are for learning and which for measuring: one in ten is for measuring, by the hash of its
// canonical form, so the split holds over seeds, wordings, levels and versions of the generators.
#pragma once

#include <cstdint>
#include <string_view>

#include "retort/problems/problem.h"

namespace retort::problems {

inline constexpr uint64_t kTestOneIn = 10;

/// 64 bits of a text: FNV-1a (Fowler, Noll, Vo), mixed once more. The same on every platform, for ever.
uint64_t text_hash(std::string_view text);

/// test iff text_hash(canonical) % 10 == 0.
Split split_of(std::string_view canonical);

}  // namespace retort::problems
