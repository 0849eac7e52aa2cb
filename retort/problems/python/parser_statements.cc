#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "retort/problems/python/parser.h"

namespace retort::problems::python {
namespace {

struct AugmentRow {
  std::string_view sign;
  Operator op;
};
constexpr AugmentRow kAugments[] = {
    {"+=", Operator::add},     {"-=", Operator::subtract},      {"*=", Operator::multiply},
    {"/=", Operator::divide},  {"//=", Operator::floor_divide}, {"%=", Operator::modulo},
    {"**=", Operator::power},  {"&=", Operator::bit_and},       {"|=", Operator::bit_or},
    {"^=", Operator::bit_xor}, {"<<=", Operator::shift_left},   {">>=", Operator::shift_right}};

constexpr std::array<std::string_view, 9> kUnsupported = {"class",    "import", "from",  "with", "global",
                                                          "nonlocal", "yield",  "async", "match"};

}  // namespace

const Parser::RuleRow* Parser::rule_of(std::string_view word) {
  static constexpr RuleRow kRules[] = {
      {"if", &Parser::branch, true},     {"while", &Parser::loop, true},
      {"for", &Parser::iterate, true},   {"def", &Parser::define, true},
      {"try", &Parser::attempt, true},   {"return", &Parser::returns, false},
      {"raise", &Parser::raises, false}, {"assert", &Parser::asserts, false},
      {"del", &Parser::erase, false},    {"pass", &Parser::pass, false},
      {"break", &Parser::stop, false},   {"continue", &Parser::again, false}};
  for (const RuleRow& row : kRules)
    if (row.word == word) return &row;
  return nullptr;
}

Statement& Parser::make(StatementKind kind) {
  Statement& s = syntax_.statements.emplace_back();
  s.kind = kind;
  s.line = token().line;
  return s;
}

void Parser::parse_program() {
  while (!at(TokenKind::end)) {
    if (at(TokenKind::indent)) fault("an indentation that is not expected");
    statements(syntax_.body);
  }
}

/// One compound statement, or a line of simple ones.
void Parser::statements(Block& block) {
  if (at(TokenKind::newline)) {
    ++at_;
    return;
  }
  const RuleRow* row = at(TokenKind::name) ? rule_of(token().text) : nullptr;
  if (row != nullptr && row->compound) {
    Nested nested(*this);
    block.push_back((this->*row->rule)());
  } else {
    simple_statements(block);
  }
}

void Parser::simple_statements(Block& block) {
  do {
    if (at_end_of_simple()) break;
    const RuleRow* row = at(TokenKind::name) ? rule_of(token().text) : nullptr;
    if (row != nullptr && row->compound) fault(fmt::format("'{}' may not stand here", token().text));
    if (at_sign("@")) fault("decorators are not supported");
    if (at(TokenKind::name) && tokens_[at_ + 1].kind == TokenKind::name &&
        std::find(kUnsupported.begin(), kUnsupported.end(), token().text) != kUnsupported.end())
      fault(fmt::format("'{}' is not supported", token().text));
    block.push_back(row != nullptr ? (this->*row->rule)() : expression_statement());
  } while (take_sign(";"));
  if (at(TokenKind::newline)) {
    ++at_;
  } else if (!at(TokenKind::end)) {
    fault(fmt::format("'{}' is not expected", token().text));
  }
}

Block Parser::block() {
  expect_sign(":");
  Block block;
  if (!at(TokenKind::newline)) {
    simple_statements(block);
    return block;
  }
  ++at_;
  if (!at(TokenKind::indent)) fault("an indented block is expected");
  ++at_;
  while (!at(TokenKind::dedent)) {
    if (at(TokenKind::indent)) fault("an indentation that is not expected");
    statements(block);
  }
  ++at_;
  return block;
}

bool Parser::at_end_of_simple() const {
  return at(TokenKind::newline) || at(TokenKind::end) || at_sign(";");
}

void Parser::assigned(const std::string& name) {
  if (functions_.empty()) return;
  std::vector<std::string>& locals = functions_.back()->locals;
  if (std::find(locals.begin(), locals.end(), name) == locals.end()) locals.push_back(name);
}

void Parser::check_target(const Expression& target) {
  if (target.kind == ExpressionKind::name) return assigned(target.text);
  if (target.kind == ExpressionKind::index || target.kind == ExpressionKind::slice) return;
  if ((target.kind != ExpressionKind::tuple && target.kind != ExpressionKind::list) || target.parts.empty())
    fault("this cannot be assigned to");
  for (const Expression* part : target.parts) check_target(*part);
}

const Statement* Parser::expression_statement() {
  Statement& s = make(StatementKind::expression);
  s.value = expression_list();
  if (take_sign(":")) {  // an annotation
    (void)expression();
    if (!at_sign("=")) {
      s.kind = StatementKind::pass;
      return &s;
    }
  }
  for (const AugmentRow& row : kAugments)
    if (take_sign(row.sign)) {
      bool one = s.value->kind == ExpressionKind::name || s.value->kind == ExpressionKind::index;
      if (!one) fault("this cannot be changed in place");
      check_target(*s.value);
      s.kind = StatementKind::augment;
      s.op = row.op;
      s.targets = {s.value};
      s.value = expression_list();
      return &s;
    }
  while (take_sign("=")) {
    check_target(*s.value);
    s.kind = StatementKind::assign;
    s.targets.push_back(s.value);
    s.value = expression_list();
  }
  return &s;
}

const Statement* Parser::branch() {
  Nested nested(*this);
  Statement& s = make(StatementKind::branch);
  ++at_;
  s.value = expression();
  s.body = block();
  if (at_word("elif"))
    s.other = {branch()};
  else if (take_word("else"))
    s.other = block();
  return &s;
}

const Statement* Parser::loop() {
  Statement& s = make(StatementKind::loop);
  ++at_;
  s.value = expression();
  ++loops_;
  s.body = block();
  --loops_;
  if (take_word("else")) s.other = block();
  return &s;
}

const Statement* Parser::iterate() {
  Statement& s = make(StatementKind::iterate);
  ++at_;
  s.targets = {loop_target()};
  check_target(*s.targets[0]);
  expect_word("in");
  s.value = expression_list();
  ++loops_;
  s.body = block();
  --loops_;
  if (take_word("else")) s.other = block();
  return &s;
}

const Statement* Parser::define() {
  Statement& s = make(StatementKind::define);
  ++at_;
  Definition& definition = syntax_.definitions.emplace_back();
  s.definition = &definition;
  definition.name = expect_name();
  assigned(definition.name);
  expect_sign("(");
  parameters(definition, ")");
  expect_sign(")");
  if (take_sign("->")) (void)expression();

  functions_.push_back(&definition);
  int outer_loops = std::exchange(loops_, 0);
  definition.body = block();
  loops_ = outer_loops;
  functions_.pop_back();

  if (definition.body.empty()) return &s;
  const Statement& first = *definition.body[0];
  if (first.kind == StatementKind::expression && first.value->kind == ExpressionKind::string) {
    definition.docstring = first.value->text;
    definition.has_docstring = true;
  }
  return &s;
}

const Statement* Parser::attempt() {
  Statement& s = make(StatementKind::attempt);
  ++at_;
  s.body = block();
  while (take_word("except")) {
    if (!s.handlers.empty() && s.handlers.back().type == nullptr) fault("'except:' must be the last");
    Handler handler;
    if (!at_sign(":")) handler.type = expression();
    if (take_word("as")) {
      handler.name = expect_name();
      assigned(handler.name);
    }
    handler.body = block();
    s.handlers.push_back(std::move(handler));
  }
  if (!s.handlers.empty() && take_word("else")) s.other = block();
  bool ends = take_word("finally");
  if (ends) s.last = block();
  if (s.handlers.empty() && !ends) fault("'except' or 'finally' expected");
  return &s;
}

const Statement* Parser::returns() {
  if (functions_.empty()) fault("'return' outside a function");
  Statement& s = make(StatementKind::returns);
  ++at_;
  if (!at_end_of_simple()) s.value = expression_list();
  return &s;
}

const Statement* Parser::raises() {
  Statement& s = make(StatementKind::raises);
  ++at_;
  if (!at_end_of_simple()) s.value = expression();
  if (take_word("from")) (void)expression();  // the cause, which nobody can ask for
  return &s;
}

const Statement* Parser::asserts() {
  Statement& s = make(StatementKind::asserts);
  ++at_;
  s.value = expression();
  if (take_sign(",")) s.message = expression();
  return &s;
}

const Statement* Parser::erase() {
  Statement& s = make(StatementKind::erase);
  ++at_;
  const Expression* what = expression_list();
  s.targets = what->kind == ExpressionKind::tuple ? what->parts : Expressions{what};
  for (const Expression* target : s.targets) {
    if (target->kind != ExpressionKind::name && target->kind != ExpressionKind::index)
      fault("this cannot be deleted");
    check_target(*target);
  }
  return &s;
}

const Statement* Parser::pass() {
  Statement& s = make(StatementKind::pass);
  ++at_;
  return &s;
}

const Statement* Parser::stop() {
  if (loops_ == 0) fault("'break' outside a loop");
  Statement& s = make(StatementKind::stop);
  ++at_;
  return &s;
}

const Statement* Parser::again() {
  if (loops_ == 0) fault("'continue' outside a loop");
  Statement& s = make(StatementKind::again);
  ++at_;
  return &s;
}

}  // namespace retort::problems::python
