// Propositional formulas over at most 12 letters: text, trees, truth tables.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "retort/base/error.h"

namespace retort::eval::proofs {

inline constexpr std::string_view kAtoms = "pqrstuvwabcd";
inline constexpr size_t kMaxFormulaBytes = 1000;
inline constexpr int kMaxFormulaNodes = 200;
inline constexpr int kMaxFormulaDepth = 40;

struct Formula {
  char op = 0;  // ~ & | > (if then), or 0: a letter
  char atom = 0;
  std::vector<Formula> parts;

  bool operator==(const Formula&) const = default;
};

Formula atom(char letter);
Formula negation(Formula a);
Formula conjunction(Formula a, Formula b);
Formula disjunction(Formula a, Formula b);
Formula conditional(Formula a, Formula b);

/// Signs as in the prompt (~ & | ->), and those of textbooks. `~` binds closest, then &, |, ->; -> groups to
/// the right. bad_input: no formula, letters that are none of `letters`, or over the bounds.
Result<Formula> parse_formula(std::string_view text, std::string_view letters = kAtoms);
std::string show(const Formula& formula);
int size(const Formula& formula);

/// One bit for each of the 4,096 assignments: bit number `a` is the value where letter i of kAtoms is bit i
/// of `a`.
using TruthTable = std::array<uint64_t, 64>;
TruthTable truth_table(const Formula& formula);
TruthTable all_true();
TruthTable operator&(const TruthTable& a, const TruthTable& b);
/// Wherever `a` is true, `b` is.
bool entails(const TruthTable& a, const TruthTable& b);
bool satisfiable(const TruthTable& a);

/// The value under an assignment, a bit for each letter of kAtoms.
bool value(const Formula& formula, uint32_t assignment);
/// Bits of the letters that occur.
uint32_t letters_of(const Formula& formula);

}  // namespace retort::eval::proofs
