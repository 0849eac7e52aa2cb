// From tokens to the syntax tree, by recursive descent with a bound on nesting.
#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "retort/problems/python/lexer.h"
#include "retort/problems/python/limits.h"
#include "retort/problems/python/syntax.h"

namespace retort::problems::python {

class Parser {
 public:
  /// Nodes are added to `syntax`.
  Parser(std::string_view source, Syntax& syntax, const Limits& limits);

  void parse_program();
  /// One expression and nothing after it.
  const Expression* parse_lone_expression();

 private:
  class Nested;

  // Tokens.
  [[noreturn]] void fault(std::string reason) const;
  const Token& token() const { return tokens_[at_]; }
  bool at(TokenKind kind) const { return token().kind == kind; }
  bool at_sign(std::string_view text) const { return at(TokenKind::sign) && token().text == text; }
  bool at_word(std::string_view text) const { return at(TokenKind::name) && token().text == text; }
  bool take_sign(std::string_view text);
  bool take_word(std::string_view text);
  void expect_sign(std::string_view text);
  void expect_word(std::string_view text);
  std::string expect_name();

  // Expressions (parser_expressions.cc).
  Expression& make(ExpressionKind kind);
  const Expression* finish(Expression& e) const;
  const Expression* unary_node(Operator op, const Expression* operand);
  const Expression* binary_node(Operator op, const Expression* left, const Expression* right);
  const Expression* expression();
  const Expression* expression_list();
  const Expression* either();
  const Expression* both();
  const Expression* negation();
  const Expression* comparison();
  Operator take_comparison();
  const Expression* binary(int lowest);
  const Expression* unary();
  const Expression* power();
  const Expression* primary();
  const Expression* call(const Expression* callee);
  const Expression* subscript(const Expression* object);
  const Expression* atom();
  const Expression* number();
  const Expression* strings();
  void formatted(std::string_view text, int line, Expression& into);
  const Expression* inserted(std::string_view source, int line);
  const Expression* name_or_constant();
  const Expression* parentheses();
  const Expression* list();
  const Expression* braces();
  const Expression* lambda();
  const Expression* comprehension(ExpressionKind makes, Expressions parts);
  const Expression* loop_target();
  void parameters(Definition& definition, std::string_view closing);

  // Statements (parser_statements.cc).
  using Rule = const Statement* (Parser::*)();
  struct RuleRow {
    std::string_view word;
    Rule rule;
    bool compound;
  };
  static const RuleRow* rule_of(std::string_view word);
  Statement& make(StatementKind kind);
  void statements(Block& block);
  void simple_statements(Block& block);
  Block block();
  const Statement* expression_statement();
  const Statement* branch();
  const Statement* loop();
  const Statement* iterate();
  const Statement* define();
  const Statement* attempt();
  const Statement* returns();
  const Statement* raises();
  const Statement* asserts();
  const Statement* erase();
  const Statement* pass();
  const Statement* stop();
  const Statement* again();
  bool at_end_of_simple() const;
  void check_target(const Expression& target);
  void assigned(const std::string& name);

  std::vector<Token> tokens_;
  size_t at_ = 0;
  Syntax& syntax_;
  Limits limits_;
  int nesting_ = 0;
  int loops_ = 0;
  std::vector<Definition*> functions_;  // those that are open, outermost first
};

/// Counts nesting for as long as it lives.
class Parser::Nested {
 public:
  explicit Nested(Parser& parser) : parser_(parser) {
    if (++parser.nesting_ > parser.limits_.max_nesting) parser.fault("nested too deep");
  }
  ~Nested() { --parser_.nesting_; }
  Nested(const Nested&) = delete;
  Nested& operator=(const Nested&) = delete;

 private:
  Parser& parser_;
};

}  // namespace retort::problems::python
