#include "retort/eval/tasks/proofs/problem.h"

#include <fmt/core.h>

#include "retort/base/check.h"
#include "retort/base/random.h"

namespace retort::eval::proofs {

std::string_view name(Kind kind) {
  return kind == Kind::formulas ? "formulas" : "equations";
}

std::string ProofProblem::canonical() const {
  std::string out(name(kind));
  for (const Formula& f : givens) out += "; " + show(f);
  for (const Equation& e : equations) out += "; " + show(e);
  return out + " ? " + (kind == Kind::formulas ? show(goal) : show(equal));
}

ProofProblem generate_proof(int level, uint64_t seed, uint64_t index) {
  RETORT_CHECK(level >= 1 && level <= 6);
  // Not the streams of retort/problems: another constant.
  const uint64_t stream = random_bits(random_bits(seed ^ 0x70726f6f66u, static_cast<uint64_t>(level)), index);
  Random random(stream);
  const uint64_t draw = random.below(10);
  ProofProblem out = draw < 3   ? draw_equation_proof(level, random.bits())
                     : draw < 5 ? draw_formula_proof(level, false, random.bits())
                                : draw_formula_proof(level, true, random.bits());
  out.id = fmt::format("proof-{}-{}-{}", level, seed, index);
  out.level = level;
  return out;
}

}  // namespace retort::eval::proofs
