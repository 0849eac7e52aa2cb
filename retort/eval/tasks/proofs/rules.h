// The rules of propositional proofs, checked by the shape of formulas alone.
#pragma once

#include <span>
#include <string_view>

#include "retort/eval/tasks/proofs/formula.h"

namespace retort::eval::proofs {

struct RuleRow {
  std::string_view name;
  size_t premises;
  std::string_view text;
};
std::span<const RuleRow> rules();

/// Whether `conclusion` follows from the premises, in any order, by the rule of this name. False for a rule
/// that is none.
bool follows_by(std::string_view rule, std::span<const Formula* const> premises, const Formula& conclusion);

}  // namespace retort::eval::proofs
