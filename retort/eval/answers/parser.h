// Reads the tokens of an answer as mathematics: numbers, expressions, tuples, intervals, sets, matrices,
// relations and lists of them. What it does not know is an error, never a guess.
#pragma once

#include <string_view>

#include "retort/base/error.h"
#include "retort/eval/answers/lexer.h"
#include "retort/eval/answers/node.h"

namespace retort::eval {

/// bad_input: not in the subset. unsupported: over the bounds of limits.h.
Result<Node> parse(const Tokens& tokens);
/// tokenize, then parse.
Result<Node> parse_answer(std::string_view text, CommaRule rule = CommaRule::thousands);

}  // namespace retort::eval
