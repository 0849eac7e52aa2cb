// The claims in a thought that can be checked without a judge, and how many of them are false.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "retort/problems/problem.h"

namespace retort::eval {

struct StepErrors {
  int64_t claims = 0;        // that could be decided
  int64_t false_claims = 0;  // of them
  int64_t repeated = 0;      // true ones that had been made before
  double first_error = 1;    // where the first false one begins, as a share of the text; 1 if there is none
  double coverage = 0;  // of the digits and relation signs in the text, those within claims that were decided
  std::string first_false;  // one line, at most 120 bytes

  /// Of the claims that could be decided; 0 of none.
  double rate() const {
    return claims == 0 ? 0 : static_cast<double>(false_claims) / static_cast<double>(claims);
  }
};

/// Reads what prose, LaTeX and the notation of the generated problems say between numbers, truth values and
/// the things that `facts` speak of. What cannot be decided is not counted. docs/eval.md has the rules. About
/// linear in the thought's length; any bytes.
StepErrors step_errors(std::string_view thought, std::span<const problems::Fact> facts = {});

}  // namespace retort::eval
