// Documentation, scored against the truth: what should be said is known from the contract and from what the
// function was seen to do, so that neither a judge nor the mere presence of a heading decides.
//
//   P = true claims / claims made,  R = expected claims made and true / expected,  score = 2 P R / (P + R)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "retort/eval/code/code_task.h"
#include "retort/eval/code/documentation_claims.h"
#include "retort/eval/code/exceptions.h"

namespace retort::eval {

/// What a documentation should say.
struct DocumentationExpectations {
  std::string entry;
  std::vector<CodeParameter> parameters;  // each by name, and its limits where the constraint has a number
  bool summary = true;
  std::optional<bool> returns;  // something is returned; unknown: a claim about it is neither true nor false
  std::string returned_type;    // as observed, "list"; empty: not known
  std::vector<ObservedException> exceptions;
  bool wants_exceptions = true;  // else they are only checked where they are claimed
  /// Instead of parameters: what the text must name, step by step; each step by all its words.
  std::vector<std::vector<std::string>> steps;
};

/// From the contract and from what the runs showed. `returned`: some value that a valid call gave.
DocumentationExpectations expectations_of(const CodeTask& task, const ExceptionScore& seen,
                                          const Json& returned);
/// "take 19 if it is more than 19": its words without those that carry nothing, "take", "19", "more".
std::vector<std::string> words_of_step(std::string_view step);

struct DocumentationClaim {
  std::string what;  // "parameter numbers", "limits of numbers", "raises ValueError", "step 2"
  bool expected = false, made = false, holds = false;
  std::string why;  // of one that does not hold, or does not count: "says nothing beyond its name"
};

struct DocumentationScore {
  double score = 0, precision = 0, recall = 0;
  std::vector<DocumentationClaim> claims;
  std::string complexity;  // as stated, "O(n)"; empty: none
  std::string first_miss;  // one line; empty: all is said and true
};

/// How an example of the documentation went; see documentation_examples.h.
struct CheckedExample {
  std::string call;
  enum class Verdict { right, wrong, says_nothing, unknown } verdict = Verdict::unknown;
};

DocumentationScore score_documentation(const DocumentationClaims& claims,
                                       const DocumentationExpectations& expectations,
                                       const std::vector<CheckedExample>& examples = {});

/// For tables and journals: the three numbers, the complexity, and the claims.
Json to_json(const DocumentationScore& score);

}  // namespace retort::eval
