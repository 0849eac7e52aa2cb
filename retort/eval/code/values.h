// Values that came out of a sandbox, as parsed JSON: when two are the same, and how they look in Python.
#pragma once

#include <cstddef>
#include <string>

#include "retort/base/json.h"
#include "retort/eval/code/code_task.h"

namespace retort::eval {

/// Whether a candidate's value is the expected one. Both are in the notation of SandboxSession::call. Equal
/// is what Python's == says (1 == 1.0 == True; a tuple is no list; sets and dicts have no order), and NaN is
/// itself. With `tuples_are_lists` (languages that have no tuples) the two count as one.
bool same_value(const Json& expected, const Json& actual, ValueOrder order, bool tuples_are_lists = false);

/// "[1, (2, None), {'a': True}]", at most so many characters, cut with "...". Without line breaks.
std::string python_text(const Json& value, size_t most = 80);

/// "two_sum([3, 3], 6)".
std::string call_text(const std::string& function, const Json& args, size_t most = 120);

}  // namespace retort::eval
