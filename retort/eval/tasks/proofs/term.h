// Terms of equational problems: constants, one binary operation, unary functions; and rewriting by an
// equation.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "retort/base/error.h"

namespace retort::eval::proofs {

inline constexpr std::string_view kConstants = "abcde";  // e is the unit where there is one
inline constexpr std::string_view kVariables = "xyz";    // of the given equations: they hold for every term
inline constexpr std::string_view kFunctions = "fi";     // i is the inverse where there is one
inline constexpr int kMaxTermNodes = 100;

struct Term {
  char symbol = 0;  // a letter, or * with two parts, or a function with one
  std::vector<Term> parts;

  bool operator==(const Term&) const = default;
};

struct Equation {
  Term left, right;
  bool operator==(const Equation&) const = default;
};

/// "f(a * b) * c = d"; * groups to the left. bad_input for anything else, or over the bounds.
Result<Equation> parse_equation(std::string_view text);
std::string show(const Term& term);
std::string show(const Equation& equation);
int size(const Term& term);

/// Whether `after` is `before` with one part replaced by what the equation says it equals, in either
/// direction. Its variables stand for any terms if it is `general`.
bool rewrites(const Term& before, const Term& after, const Equation& equation, bool general);

/// All terms that one rewriting gives, with variables that only one side has left out: nothing says what they
/// should be.
std::vector<Term> rewritings_of(const Term& term, const Equation& equation);

}  // namespace retort::eval::proofs
