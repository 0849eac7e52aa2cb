// Whether an answer to a mathematical question is the gold answer in other words. docs/eval.md says what
// counts.
#pragma once

#include <string_view>

#include "retort/eval/answers/verdict.h"

namespace retort::eval {

/// Compares an answer (without the sentence around it: see extract.h) with the gold answer. Never throws for
/// what the texts say; deterministic; may run in any number of threads. `undecided` when one of them is
/// outside the subset that the parser reads and the texts differ, or when the bounds of limits.h do not
/// suffice.
Verdict equivalent(std::string_view gold, std::string_view answer);

}  // namespace retort::eval
