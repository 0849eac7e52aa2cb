// Which of the facts that a sound way to the answer passes through a thought asserts.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "retort/problems/problem.h"

namespace retort::eval {

/// For each fact of a turn: its claim stands in the thought, behind claims of all facts that it rests on. A
/// claim stands there if it is found as a whole: not within a longer number or word, blanks aside. Linear in
/// the thought's length for each fact.
std::vector<bool> asserted_facts(std::span<const problems::Fact> facts, std::string_view thought);

/// The share of facts asserted, in a thought that is about them; 1 of none. Each false claim takes one fact
/// away, and one that says k times as much beside the point as n facts and two more statements allow counts
/// 1/k^2: who lists all that might be a fact asserts nothing. docs/eval.md has the formula.
double completeness(std::span<const problems::Fact> facts, std::string_view thought);

}  // namespace retort::eval
