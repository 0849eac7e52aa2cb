// Runs a program against the hidden tests of a problem, in the bounded interpreter of python/.
#pragma once

#include "retort/problems/verify.h"

namespace retort::problems {

/// `source` is Python, bare or as one fenced block ("```python"). It must define the function, with a
/// docstring, return exactly what is expected (type and value), and raise the exception that is named or a
/// subclass of it.
Verdict verify_program(const FunctionTask& task, std::string_view source);

}  // namespace retort::problems
