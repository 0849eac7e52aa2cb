// The recursive-descent parser: parser.cc has the grammar's upper half, parser_primary.cc the lower. After
// the first error it stands at the end of the tokens, so every loop stops.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "retort/eval/answers/limits.h"
#include "retort/eval/answers/parser.h"

namespace retort::eval {

class Parser {
 public:
  explicit Parser(const Tokens& tokens) : tokens_(tokens.all) {}
  Result<Node> run();

 private:
  // Loosest first.
  std::vector<Node> items();  // up to a closing bracket or the end
  Node item();                // relation, or ratio a : b
  Node relation();            // a < b <= c
  Node united();              // a \cup b
  Node sum();
  Node signed_term();
  Node term();
  Node operand();  // a factor, perhaps with a sign
  Node factor();   // with powers, factorials, percent and degrees
  Node primary();

  // parser_primary.cc
  Node number();
  std::optional<Node> mixed_part(const Node& whole);
  Node based(std::string digits);
  Node name();
  Node braces();
  Node brackets();
  Node set();
  Node bars();
  Node fraction();
  Node root();
  Node binomial();
  Node floor_or_ceiling();
  Node constant();
  Node empty_set();
  Node matrix();
  std::vector<Node> row();
  Node function();
  std::vector<Node> function_arguments();
  Node argument();  // of \frac: a group, one digit or one symbol
  Node script();    // of ^
  std::string script_text();
  std::optional<Node> postfix(Node& base);

  const Token& peek(size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  bool next_is(TokenKind kind, std::string_view text) const {
    return peek().kind == kind && peek().text == text;
  }
  bool next_is_sign(std::string_view text) const { return next_is(TokenKind::sign, text); }
  bool accept(TokenKind kind, std::string_view text);
  bool accept_sign(std::string_view text) { return accept(TokenKind::sign, text); }
  void expect(TokenKind kind, std::string_view text);
  void advance() { at_ = std::min(at_ + 1, tokens_.size() - 1); }
  bool at_end() const { return peek().kind == TokenKind::end; }
  bool starts_factor() const;

  Node fail(std::string message, ErrorCode code = ErrorCode::bad_input);
  /// make_node within the bounds.
  Node make(NodeKind kind, std::vector<Node> children, std::string text = {}, std::string label = {});
  template <typename... Nodes>
  Node make_of(NodeKind kind, Nodes&&... nodes) {
    std::vector<Node> children;
    (children.push_back(std::forward<Nodes>(nodes)), ...);
    return make(kind, std::move(children));
  }

  struct Nesting {  // one level of brackets
    explicit Nesting(Parser& owner) : parser(owner), bars(owner.bars_) {
      if (++parser.nesting_ > kMaxNesting) parser.fail("brackets nest too deep", ErrorCode::unsupported);
    }
    ~Nesting() {
      --parser.nesting_;
      parser.bars_ = bars;
    }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;
    Parser& parser;
    int bars;
  };

  std::vector<Token> tokens_;  // a copy: \frac43 splits a token
  size_t at_ = 0;
  int nesting_ = 0;
  int bars_ = 0;  // open |
  int nodes_ = 0;
  std::optional<Error> error_;
};

}  // namespace retort::eval
