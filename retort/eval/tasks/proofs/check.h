// Checks an answer to a proof problem, line by line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "retort/eval/tasks/proofs/problem.h"

namespace retort::eval::proofs {

enum class LineState : uint8_t {
  sound,        // by the rule that it names from the lines that it cites, which are sound themselves
  mislabelled,  // it follows from those lines, but not by that rule
  gap,          // it follows from the givens and sound lines, but not from those that it cites
  wrong,        // it follows from none of them; of equations: not by the rule, whatever else may be
  malformed,    // not in the form asked for, or it cites what is not there
};
std::string_view name(LineState state);

struct CheckedLine {
  std::string text;
  LineState state = LineState::malformed;
};

/// What the answer says about the goal.
enum class Claim : uint8_t { none, proved, refuted, both };

struct Checked {
  Claim claim = Claim::none;
  std::vector<CheckedLine> lines;  // of a proof; those without a semicolon are no steps
  bool closed = false;  // the goal stands in a sound line, and at least half of all lines are sound: guesses
                        // by the hundred prove nothing
  bool countermodel = false;  // the assignment makes all givens true and the goal false
  std::string note;           // what is wrong with it first, in one line

  int64_t sound() const;
  /// The goal is settled and nothing else is said.
  bool right(const ProofProblem& problem) const;
};

// Answers are hostile; what lies beyond is not read.
inline constexpr size_t kMaxProofLines = 200;
inline constexpr size_t kMaxProofBytes = 64 << 10;

Checked check_proof(const ProofProblem& problem, std::string_view answer);

}  // namespace retort::eval::proofs
