// Finds the program in what a model answered.
#pragma once

#include <string>
#include <string_view>

#include "retort/base/error.h"
#include "retort/eval/sandbox/session.h"

namespace retort::eval {

/// The last fenced block that says it is of the language; else the only fenced block; else, without a fence,
/// the whole text. A fence that does not end goes to the end of the text. Error bad_input, in a few words,
/// where none of them is there. The text is hostile.
Result<std::string> extract_program(std::string_view content, Language language);

}  // namespace retort::eval
