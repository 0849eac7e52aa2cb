// Python source as tokens, with indentation as tokens of its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "retort/problems/python/syntax.h"

namespace retort::problems::python {

enum class TokenKind : uint8_t { newline, indent, dedent, name, integer, real, string, formatted, sign, end };

struct Token {
  TokenKind kind{};
  std::string text;  // of a string: its contents, escapes replaced
  int line = 0;
};

/// Throws SyntaxFault.
std::vector<Token> tokens_of(std::string_view source, int first_line = 1);

}  // namespace retort::problems::python
