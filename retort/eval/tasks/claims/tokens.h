// Splits a thought, in prose, LaTeX or the notation of the generated problems, into the tokens that its
// claims are made of. Linear in the text; any bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace retort::eval::claims {

enum class Kind {
  number,  // digits with a point and thousands commas: "1,234.5"
  word,    // letters; a name with digits or a subscript is one word: "x_1"
  op,      // sign: + - * / % (percent or remainder) m (mod) q (//) ^ ! & | and f r b: \frac \sqrt \binom
  open,    // sign: ( [ {
  close,
  relation,  // sign: = < > l (<=) g (>=) n (!=) c (congruent) a (about) t (an arrow)
  comma,
  line,  // the end of a line or of a formula
  stop,  // punctuation that ends a claim: sign
  hard,  // what is not known: what stands beside it cannot be decided
};

struct Token {
  Kind kind = Kind::stop;
  char sign = 0;
  std::string_view text;
  size_t begin = 0, end = 0;  // bytes of the thought
  bool blank_before = false;

  bool is(Kind wanted, char wanted_sign) const { return kind == wanted && sign == wanted_sign; }
};

std::vector<Token> tokens_of(std::string_view thought);

/// A single letter, perhaps with digits or a subscript; a Greek letter's command.
bool is_variable(const Token& token);

}  // namespace retort::eval::claims
