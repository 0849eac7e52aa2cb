// Splits a template into text and the tokens of its tags, with Jinja's white space control:
// trim_blocks and lstrip_blocks on, `-` and `+` at the tags' edges.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace retort::jinja {

enum class TokenKind : uint8_t {
  text,
  variable_begin,
  variable_end,
  block_begin,
  block_end,
  name,
  string,
  integer,
  real,
  symbol,
  end,
};

struct Token {
  TokenKind kind = TokenKind::end;
  uint32_t place = 0;  // byte offset in the source
  std::string text;    // of a string: decoded
};

/// `source` has passed normalize_newlines. Throws Error "line 3, column 9: ...".
std::vector<Token> tokenize(std::string_view source);

}  // namespace retort::jinja
