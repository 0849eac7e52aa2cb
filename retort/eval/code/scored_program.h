// ScoredProgram: a candidate while it is scored, and what the scorers have found out about it so far. A
// scorer of programs is one file and one row of kScorers (score_answer.cc).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "retort/eval/code/prepared_task.h"
#include "retort/eval/sandbox/call_result.h"

namespace retort::eval {

/// How far a program came: each stage needs those before it.
// clang-format off
#define RETORT_SYNTAX_STAGES(X)                                                   \
  X(nothing, "no program")      /* none could be found in the answer */           \
  X(extracted, "does not parse")                                                  \
  X(parsed, "does not load")    /* import or compile */                           \
  X(loaded, "cannot be called") /* no such function, wrong arity, fails at once */ \
  X(called, "called")           /* gave a value for a valid input */
// clang-format on

enum class SyntaxStage : uint8_t {
#define X(id, text) id,
  RETORT_SYNTAX_STAGES(X)
#undef X
};
/// Why it came no further: "does not parse".
std::string_view obstacle(SyntaxStage stage);

struct ScoredProgram {
  const Sandbox& sandbox;
  const PreparedTask& prepared;
  std::string source = {};   // the preamble, and what was extracted
  std::string program = {};  // for SessionOptions::source: of C++ what was compiled, else the source

  SyntaxStage syntax = SyntaxStage::nothing;
  std::string syntax_note = {};                  // one line: what stopped it
  std::optional<bool> solved = {};               // right on all hidden inputs
  std::string solve_note = {};                   // one line: the first input that went wrong
  bool over_limits = false;                      // solving ended with a limit of time, memory or another
  std::unique_ptr<SandboxSession> session = {};  // reports arguments; set from `loaded` on
  Json returned = {};                            // by the first valid call; null where nothing came back

  const CodeTask& task() const { return prepared.task; }
};

/// A session of the program; the limits are of each call.
std::unique_ptr<SandboxSession> candidate_session(const ScoredProgram& program, const SandboxLimits& limits,
                                                  bool report_args);

/// Finds the program in an answer, and how far it comes. Opens program.session.
void check_syntax(std::string_view content, ScoredProgram& program);

/// Runs all hidden inputs, up to the first that goes wrong. Needs a session.
void solve(ScoredProgram& program);

/// Why a call is not the right answer to a hidden case, "expected 3, got None"; empty if it is.
std::string complaint(const CodeTask& task, const HiddenCase& hidden, const CallResult& result);

}  // namespace retort::eval
