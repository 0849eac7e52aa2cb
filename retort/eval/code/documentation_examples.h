// The examples of a docstring, run: each call is evaluated beside the candidate in a sandbox, and its value
// is compared here with the literal that the docstring promises, which a sandbox of its own has read.
#pragma once

#include <string>
#include <vector>

#include "retort/eval/code/documentation.h"
#include "retort/eval/sandbox/sandbox.h"

namespace retort::eval {

inline constexpr size_t kMaxExamples = 20;  // that are run

/// `reader` is python_reader's. An example that does not call `entry` says nothing; one whose promise is no
/// literal, no exception and not what was printed is unknown.
std::vector<CheckedExample> check_examples(const Sandbox& sandbox, SandboxSession& reader,
                                           const std::string& source, const std::string& entry,
                                           const std::vector<DocumentedExample>& examples);

}  // namespace retort::eval
