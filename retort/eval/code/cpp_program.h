// Makes a program of a candidate's C++ source: the source, and behind it a driver that calls the one function
// asked for. Compiled in a sandbox, to be run in another.
#pragma once

#include <string>

#include "retort/base/error.h"
#include "retort/eval/code/code_task.h"
#include "retort/eval/sandbox/sandbox.h"

namespace retort::eval {

/// g++ is on this machine.
bool can_compile_cpp();

/// The program as bytes, for SessionOptions::source. Error bad_input with the compiler's first complaint, or
/// with the limit that the compiler ran into (30 s of CPU, 1 GiB). Throws Error bad_input for a task whose
/// types have no C++ form.
Result<std::string> compile_cpp(const Sandbox& sandbox, const CodeTask& task, const std::string& source);

/// Whether the source alone is C++ that g++ -std=c++20 reads.
bool parses_as_cpp(const Sandbox& sandbox, const std::string& source);

}  // namespace retort::eval
