// Recursive descent over the tokens, with Jinja's precedences. Expressions are in parser_expressions.cc,
// statements in parser_statements.cc.
#pragma once

#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "retort/text/jinja/lexer.h"
#include "retort/text/jinja/syntax.h"

namespace retort::jinja {

class Parser {
 public:
  Parser(std::string_view source, const Limits& limits);
  std::vector<Statement> template_body();

 private:
  using Names = std::initializer_list<std::string_view>;
  using Block = std::vector<Statement>;
  struct Nesting;

  // Tokens.
  const Token& current() const { return tokens_[at_]; }
  const Token& ahead() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  Token advance();
  bool is_symbol(std::string_view text) const;
  bool is_name(std::string_view text) const;
  bool skip_symbol(std::string_view text);
  bool skip_name(std::string_view text);
  void expect_symbol(std::string_view text);
  void expect_name(std::string_view text);
  std::string expect_identifier(std::string_view what);
  void expect_block_end(std::string_view tag);
  [[noreturn]] void error(size_t place, std::string_view what) const;
  std::string shown(const Token& token) const;

  // Expressions.
  static Expression make(ExpressionKind kind, size_t place);
  Expression finish(Expression e) const;
  Expression binary(ExpressionKind kind, size_t place, Expression left, Expression right) const;
  Expression expression();  // with `if else`
  Expression disjunction();
  Expression conjunction();
  Expression negation();
  Expression comparison();
  bool comparison_operator(Operator& op);
  Expression sum();
  Expression concat();
  Expression product();
  Expression power();
  Expression arithmetic(Expression (Parser::*part)(),
                        std::initializer_list<std::pair<std::string_view, Operator>>);
  Expression unary(bool with_filter);
  Expression primary();
  Expression name_or_constant();
  Expression number();
  Expression string();
  Expression list();
  Expression dict();
  Expression postfix(Expression e);
  Expression filters_and_tests(Expression e);
  Expression dot(Expression e);
  Expression subscript(Expression e);
  Expression slice_part();
  Expression call(Expression e);
  Expression filter(std::vector<Expression> input);
  Expression filter_chain();
  Expression test(Expression e);
  std::vector<Argument> arguments();
  /// One expression, or a tuple if a comma follows. `stop` names end it.
  Expression tuple(bool with_conditional, Names stop = {}, bool parentheses = false);
  bool ends_tuple(Names stop) const;

  // Statements.
  Block block(Names end_tags);
  bool at_tag(Names names) const;
  Statement statement();
  Statement branch(size_t place);
  Statement loop(size_t place);
  Statement assign(size_t place);
  Statement macro(size_t place);
  Statement call_block(size_t place);
  Statement filter_block(size_t place);
  Statement with(size_t place);
  Statement generation(size_t place);
  Statement stop(size_t place);
  Statement next(size_t place);
  Statement print(size_t place);
  Expression target(bool with_attribute, Names stop);
  void check_target(const Expression& e) const;
  std::vector<Parameter> parameters();
  Block macro_body(Statement& macro, std::string_view end_tag);

  std::string_view source_;
  Limits limits_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  int nesting_ = 0;
  int loops_ = 0;                             // for loops around the current statement, within its macro
  std::set<std::string, std::less<>> names_;  // read in the current macro, of the ones Statement asks about
};

}  // namespace retort::jinja
