// Says whether an answer is right, exactly. The answer is all the text after the thought, with white space
// around it taken away; nothing else may stand there. Texts come from models and are hostile: any bytes, any
// length.
#pragma once

#include <string>
#include <string_view>

#include "retort/problems/problem.h"

namespace retort::problems {

enum class VerdictStatus : uint8_t {
  correct,
  wrong,       // in the answer's form, and not right
  malformed,   // not in the answer's form: no number, two lines, a program that does not parse
  empty,       // nothing after the thought
  unfinished,  // the thought did not end
};

struct Verdict {
  VerdictStatus status = VerdictStatus::empty;
  std::string reason;  // one line for people: "expected 85, got 84"
  bool correct() const { return status == VerdictStatus::correct; }
};

/// "correct", "wrong", ...
std::string_view name(VerdictStatus status);

/// An answer of at most this many bytes is looked at; a longer one is malformed.
inline constexpr size_t kMaxAnswerBytes = 16 << 10;

/// `answer` is what follows the thought. `turn` is an index into problem.turns.
Verdict verify(const Problem& problem, std::string_view answer, size_t turn = 0);

struct Completion {
  std::string_view thought;
  std::string_view answer;
  bool thought_ended = false;
};

/// Cuts what a model wrote after a prompt that ended in "<think>": the thought ends at the first "</think>",
/// as in text/think_splitter.h.
Completion split_completion(std::string_view text);

/// `verify` of the part behind the thought; `unfinished` where the thought did not end.
Verdict verify_completion(const Problem& problem, std::string_view text, size_t turn = 0);

}  // namespace retort::problems
