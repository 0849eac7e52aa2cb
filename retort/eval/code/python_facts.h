// What stands in a candidate's Python source, read as text: the docstring of the function asked for, its
// parameters, and how its handlers catch. Python's own parser does it, in a sandbox; nothing is run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "retort/base/error.h"
#include "retort/eval/sandbox/session.h"

namespace retort::eval {

/// Shown, not scored: what a program does counts, not how it is written.
struct HandlerCounts {
  int64_t handlers = 0;
  int64_t bare = 0;   // except:
  int64_t broad = 0;  // except Exception, without a raise in it
  int64_t empty = 0;  // does nothing
};

struct PythonFacts {
  bool found = false;     // the function or class asked for is defined
  std::string docstring;  // without the indent; empty: there is none
  std::vector<std::string> parameters;
  HandlerCounts handlers;
};

/// A session for read_python and read_literal; one serves any number of candidates.
SandboxSession python_reader(const Sandbox& sandbox);

/// `entry` may be dotted. Error bad_input for a source that does not parse.
Result<PythonFacts> read_python(SandboxSession& reader, std::string_view source, std::string_view entry);
/// The value of a Python literal, in the notation of SandboxSession::call. Error bad_input where it is none.
Result<Json> read_literal(SandboxSession& reader, std::string_view text);

}  // namespace retort::eval
