#include "retort/problems/python/lexer.h"

#include <fmt/core.h>

#include <array>

namespace retort::problems::python {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_name(char c) {
  return is_name_start(c) || is_digit(c);
}

// Longest first.
constexpr std::array<std::string_view, 46> kSigns = {
    "**=", "//=", "<<=", ">>=", "->", "**", "//", "<<", ">>", "<=", ">=", "==", "!=", "+=", "-=", "*=",
    "/=",  "%=",  "&=",  "|=",  "^=", "+",  "-",  "*",  "/",  "%",  "<",  ">",  "=",  "&",  "|",  "^",
    "~",   "(",   ")",   "[",   "]",  "{",  "}",  ",",  ":",  ".",  ";",  "@",  "!",  "?"};

struct StringPrefix {
  bool raw = false;
  bool formatted = false;
};

class Lexer {
 public:
  Lexer(std::string_view source, int first_line) : source_(source), line_(first_line) {}

  std::vector<Token> run() {
    begin_line();
    while (at_ < source_.size()) next();
    if (!tokens_.empty() && tokens_.back().kind != TokenKind::newline) add(TokenKind::newline);
    for (; indents_.size() > 1; indents_.pop_back()) add(TokenKind::dedent);
    if (brackets_ > 0) fault("a bracket is not closed");
    add(TokenKind::end);
    return std::move(tokens_);
  }

 private:
  [[noreturn]] void fault(std::string reason) const { throw SyntaxFault{line_, std::move(reason)}; }
  char peek(size_t ahead = 0) const { return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0'; }
  void add(TokenKind kind, std::string text = {}) { tokens_.push_back({kind, std::move(text), line_}); }

  void next() {
    char c = peek();
    if (c == '\n') return end_line();
    if (c == ' ' || c == '\t' || c == '\r' || c == '\f') {
      ++at_;
    } else if (c == '#') {
      while (at_ < source_.size() && peek() != '\n') ++at_;
    } else if (c == '\\' && peek(1) == '\n') {
      at_ += 2;
      ++line_;
    } else if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
      number();
    } else if (c == '"' || c == '\'') {
      string({});
    } else if (is_name_start(c)) {
      name();
    } else {
      sign();
    }
  }

  void end_line() {
    ++at_;
    if (brackets_ == 0 && !tokens_.empty() && tokens_.back().kind != TokenKind::newline)
      add(TokenKind::newline);
    ++line_;
    if (brackets_ == 0) begin_line();
  }

  /// Indentation; lines of white space and comments have none.
  void begin_line() {
    size_t column = 0, i = at_;
    for (; i < source_.size() && (source_[i] == ' ' || source_[i] == '\t' || source_[i] == '\f'); ++i)
      column = source_[i] == '\t' ? (column / 8 + 1) * 8 : column + 1;
    if (i >= source_.size() || source_[i] == '\n' || source_[i] == '#' || source_[i] == '\r') return;
    at_ = i;
    if (column > indents_.back()) {
      indents_.push_back(column);
      if (indents_.size() > 100) fault("indented too deep");
      return add(TokenKind::indent);
    }
    for (; column < indents_.back(); indents_.pop_back()) add(TokenKind::dedent);
    if (column != indents_.back()) fault("the indentation fits no line above");
  }

  void number() {
    size_t first = at_;
    if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'b' || peek(1) == 'o'))
      fault("only decimal numbers are supported");
    auto digits = [&] {
      while (is_digit(peek()) || (peek() == '_' && is_digit(peek(1)))) ++at_;
    };
    bool real = false;
    digits();
    if (peek() == '.') {
      real = true;
      ++at_;
      digits();
    }
    if ((peek() == 'e' || peek() == 'E') &&
        (is_digit(peek(1)) || ((peek(1) == '-' || peek(1) == '+') && is_digit(peek(2))))) {
      real = true;
      at_ += 2;
      digits();
    }
    if (is_name(peek())) fault("a number runs into a name");
    std::string text;
    for (char c : source_.substr(first, at_ - first))
      if (c != '_') text += c;
    if (!real && text.size() > 1 && text[0] == '0' && text.find_first_not_of('0') != text.npos)
      fault("a number with leading zeros");
    add(real ? TokenKind::real : TokenKind::integer, std::move(text));
  }

  void name() {
    size_t first = at_;
    while (is_name(peek())) ++at_;
    std::string_view text = source_.substr(first, at_ - first);
    if (peek() == '"' || peek() == '\'') {
      StringPrefix prefix;
      for (char c : text) {
        if (c == 'r' || c == 'R')
          prefix.raw = true;
        else if (c == 'f' || c == 'F')
          prefix.formatted = true;
        else if (c != 'u' && c != 'U')
          fault(fmt::format("strings with the prefix {} are not supported", text));
      }
      return string(prefix);
    }
    if (text.size() > 100) fault("a name of more than 100 letters");
    add(TokenKind::name, std::string(text));
  }

  void string(StringPrefix prefix) {
    char quote = peek();
    bool triple = peek(1) == quote && peek(2) == quote;
    int first_line = line_;
    at_ += triple ? 3 : 1;
    std::string text;
    while (true) {
      if (at_ >= source_.size() || (!triple && peek() == '\n')) fault("a string is not closed");
      char c = peek();
      if (c == quote && (!triple || (peek(1) == quote && peek(2) == quote))) break;
      if (c == '\n') ++line_;
      if (c == '\\') {
        escape(prefix.raw, text);
      } else {
        text += c;
        ++at_;
      }
    }
    at_ += triple ? 3 : 1;
    tokens_.push_back(
        {prefix.formatted ? TokenKind::formatted : TokenKind::string, std::move(text), first_line});
  }

  void escape(bool raw, std::string& text) {
    constexpr std::string_view kFrom = "ntr\\'\"0abfv", kTo("\n\t\r\\'\"\0\a\b\f\v", 11);
    char c = peek(1);
    if (at_ + 1 >= source_.size()) fault("a string is not closed");
    at_ += 2;
    if (c == '\n') ++line_;
    if (raw) {
      text += '\\';
      text += c;
    } else if (size_t i = kFrom.find(c); i != kFrom.npos) {
      if (c == '0' && is_digit(peek())) fault("octal escapes are not supported");
      text += kTo[i];
    } else if (c == 'x' || c == 'u' || c == 'U' || c == 'N' || is_digit(c)) {
      fault("numeric escapes are not supported");
    } else if (c != '\n') {
      text += '\\';
      text += c;
    }
  }

  void sign() {
    for (std::string_view sign : kSigns)
      if (source_.substr(at_, sign.size()) == sign) {
        at_ += sign.size();
        if (sign == "(" || sign == "[" || sign == "{") ++brackets_;
        if (sign == ")" || sign == "]" || sign == "}")
          if (--brackets_ < 0) fault("a bracket closes nothing");
        return add(TokenKind::sign, std::string(sign));
      }
    fault("a character that is not Python");
  }

  std::string_view source_;
  size_t at_ = 0;
  int line_;
  int brackets_ = 0;
  std::vector<size_t> indents_{0};
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokens_of(std::string_view source, int first_line) {
  return Lexer(source, first_line).run();
}

}  // namespace retort::problems::python
