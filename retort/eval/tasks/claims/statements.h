// What a thought says beside the point: so that listing everything that might be a fact is no way to assert
// facts.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "retort/problems/problem.h"

namespace retort::eval::claims {

/// Different statements (a relation with what stands on both sides of it, or a formula with its value) that
/// use a number or word that no fact uses, or that are formulas of no fact. 0 where the facts are no such
/// statements themselves. Linear in the thought's length.
int64_t statements_beside_the_point(std::string_view thought, std::span<const problems::Fact> facts);

}  // namespace retort::eval::claims
