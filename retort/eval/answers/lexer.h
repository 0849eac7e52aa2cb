// Splits an answer in LaTeX, plain text or a mixture into tokens. Layout and currency signs vanish, thousands
// separators too; words of prose are one token.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "retort/base/error.h"

namespace retort::eval {

enum class TokenKind {
  end,
  number,   // digits, perhaps with a point and a period: "12", "0.5", "0.1(6)"
  letter,   // a variable's name: "x", or with its decoration: "vec:v"
  word,     // prose in lower case
  command,  // a canonical name without backslash: "frac", "sin"; environments as "begin:pmatrix"
  sign,     // "+", "<=", "{:" and ":}" (braces of sets), "\\\\" (end of a row), "," also for "or" and "and"
  open,     // a grouping brace
  close,
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string text;
  bool space_before = false;
};

/// Whether 1,234 outside brackets is one number or two. `{,}` and `,\!` always group digits.
enum class CommaRule { thousands, separators };

struct Tokens {
  std::vector<Token> all;        // the last is `end`
  bool ambiguous_comma = false;  // the rule made a difference
};

/// Fails for texts over kMaxAnswerBytes and for braces of \text{...} that do not close.
Result<Tokens> tokenize(std::string_view text, CommaRule rule = CommaRule::thousands);

/// The tokens written in one way: equal for answers that differ in layout only.
std::string canonical_text(const Tokens& tokens);

}  // namespace retort::eval
