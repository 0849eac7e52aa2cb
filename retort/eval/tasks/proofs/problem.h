// Problems that want a proof, or a countermodel where there is none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "retort/eval/tasks/proofs/formula.h"
#include "retort/eval/tasks/proofs/term.h"

namespace retort::eval::proofs {

enum class Kind : uint8_t { formulas, equations };
/// "formulas", "equations".
std::string_view name(Kind kind);

struct ProofProblem {
  std::string id;  // "proof-3-1-42": level, seed, index
  Kind kind{};
  int level = 1;
  bool follows = true;
  // Of formulas.
  std::string letters;
  std::vector<Formula> givens;
  Formula goal;
  // Of equations.
  std::vector<Equation> equations;
  Equation equal;  // the goal

  std::string user;  // the prompt
  std::string gold;  // an answer that is right

  size_t n_givens() const { return kind == Kind::formulas ? givens.size() : equations.size(); }
  /// Givens and goal, which say whether two problems are the same.
  std::string canonical() const;
};

/// Level 1 to 6: longer proofs, more letters, more rules. Depends on the three numbers only. One problem in
/// five has a goal that does not follow; only formulas have such.
ProofProblem generate_proof(int level, uint64_t seed, uint64_t index);

/// The two kinds; each fills in all but id and level.
ProofProblem draw_formula_proof(int level, bool follows, uint64_t stream);
ProofProblem draw_equation_proof(int level, uint64_t stream);

}  // namespace retort::eval::proofs
