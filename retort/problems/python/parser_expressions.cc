#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "retort/problems/python/parser.h"

namespace retort::problems::python {
namespace {

struct BinaryRow {
  std::string_view sign;
  Operator op;
  int precedence;
};
constexpr BinaryRow kBinary[] = {
    {"|", Operator::bit_or, 1},        {"^", Operator::bit_xor, 2},      {"&", Operator::bit_and, 3},
    {"<<", Operator::shift_left, 4},   {">>", Operator::shift_right, 4}, {"+", Operator::add, 5},
    {"-", Operator::subtract, 5},      {"*", Operator::multiply, 6},     {"/", Operator::divide, 6},
    {"//", Operator::floor_divide, 6}, {"%", Operator::modulo, 6}};

struct SignRow {
  std::string_view sign;
  Operator op;
};
constexpr SignRow kComparisons[] = {{"==", Operator::equal},      {"!=", Operator::not_equal},
                                    {"<=", Operator::less_equal}, {">=", Operator::greater_equal},
                                    {"<", Operator::less},        {">", Operator::greater}};
constexpr SignRow kUnary[] = {{"-", Operator::negate}, {"+", Operator::plus}, {"~", Operator::invert}};

constexpr std::array<std::string_view, 35> kKeywords = {
    "False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
    "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
    "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
    "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield"};

bool is_keyword(std::string_view word) {
  return std::find(kKeywords.begin(), kKeywords.end(), word) != kKeywords.end();
}

std::string described(const Token& t) {
  constexpr std::string_view kNames[] = {"the end of the line",
                                         "an indentation",
                                         "the end of a block",
                                         "",
                                         "",
                                         "",
                                         "a string",
                                         "a string",
                                         "",
                                         "the end"};
  std::string_view name = kNames[static_cast<size_t>(t.kind)];
  return name.empty() ? "'" + t.text + "'" : std::string(name);
}

}  // namespace

Parser::Parser(std::string_view source, Syntax& syntax, const Limits& limits)
    : tokens_(tokens_of(source)), syntax_(syntax), limits_(limits) {}

void Parser::fault(std::string reason) const {
  throw SyntaxFault{token().line, std::move(reason)};
}

bool Parser::take_sign(std::string_view text) {
  if (!at_sign(text)) return false;
  ++at_;
  return true;
}
bool Parser::take_word(std::string_view text) {
  if (!at_word(text)) return false;
  ++at_;
  return true;
}
void Parser::expect_sign(std::string_view text) {
  if (!take_sign(text)) fault(fmt::format("'{}' expected before {}", text, described(token())));
}
void Parser::expect_word(std::string_view text) {
  if (!take_word(text)) fault(fmt::format("'{}' expected before {}", text, described(token())));
}
std::string Parser::expect_name() {
  if (!at(TokenKind::name) || is_keyword(token().text))
    fault(fmt::format("a name expected before {}", described(token())));
  return tokens_[at_++].text;
}

Expression& Parser::make(ExpressionKind kind) {
  Expression& e = syntax_.expressions.emplace_back();
  e.kind = kind;
  return e;
}

/// Knows the depth once the parts are there.
const Expression* Parser::finish(Expression& e) const {
  for (const Expression* part : e.parts)
    if (part != nullptr) e.depth = std::max(e.depth, part->depth + 1);
  for (const Clause& clause : e.clauses) {
    e.depth = std::max({e.depth, clause.items->depth + 1, clause.target->depth + 1});
    for (const Expression* condition : clause.conditions) e.depth = std::max(e.depth, condition->depth + 1);
  }
  if (e.depth > 2 * limits_.max_nesting) fault("an expression nested too deep");
  return &e;
}

const Expression* Parser::unary_node(Operator op, const Expression* operand) {
  Expression& e = make(ExpressionKind::unary);
  e.op = op;
  e.parts = {operand};
  return finish(e);
}

const Expression* Parser::binary_node(Operator op, const Expression* left, const Expression* right) {
  Expression& e = make(ExpressionKind::binary);
  e.op = op;
  e.parts = {left, right};
  return finish(e);
}

const Expression* Parser::parse_lone_expression() {
  const Expression* e = expression_list();
  while (at(TokenKind::newline)) ++at_;
  if (!at(TokenKind::end)) fault(fmt::format("{} is not expected", described(token())));
  return e;
}

/// One, or several with commas between them, which make a tuple.
const Expression* Parser::expression_list() {
  const Expression* first = expression();
  if (!at_sign(",")) return first;
  Expression& tuple = make(ExpressionKind::tuple);
  tuple.parts = {first};
  while (take_sign(",")) {
    bool ends = at(TokenKind::newline) || at(TokenKind::end) || at_sign("=") || at_sign(")") ||
                at_sign("]") || at_sign("}") || at_sign(":") || at_sign(";");
    if (ends) break;
    tuple.parts.push_back(expression());
  }
  return finish(tuple);
}

const Expression* Parser::expression() {
  Nested nested(*this);
  if (at_word("lambda")) return lambda();
  const Expression* value = either();
  if (!take_word("if")) return value;
  Expression& e = make(ExpressionKind::conditional);
  const Expression* condition = either();
  expect_word("else");
  const Expression* other = expression();
  e.parts = {value, condition, other};
  return finish(e);
}

const Expression* Parser::either() {
  const Expression* first = both();
  if (!at_word("or")) return first;
  Expression& e = make(ExpressionKind::either);
  e.parts = {first};
  while (take_word("or")) e.parts.push_back(both());
  return finish(e);
}

const Expression* Parser::both() {
  const Expression* first = negation();
  if (!at_word("and")) return first;
  Expression& e = make(ExpressionKind::both);
  e.parts = {first};
  while (take_word("and")) e.parts.push_back(negation());
  return finish(e);
}

const Expression* Parser::negation() {
  Nested nested(*this);
  return take_word("not") ? unary_node(Operator::logical_not, negation()) : comparison();
}

Operator Parser::take_comparison() {
  for (const SignRow& row : kComparisons)
    if (take_sign(row.sign)) return row.op;
  if (take_word("in")) return Operator::in;
  if (take_word("is")) return take_word("not") ? Operator::is_not : Operator::is;
  if (at_word("not") && tokens_[at_ + 1].kind == TokenKind::name && tokens_[at_ + 1].text == "in") {
    at_ += 2;
    return Operator::not_in;
  }
  return Operator::none;
}

const Expression* Parser::comparison() {
  const Expression* first = binary(1);
  Operator op = take_comparison();
  if (op == Operator::none) return first;
  Expression& e = make(ExpressionKind::comparison);
  e.parts = {first};
  for (; op != Operator::none; op = take_comparison()) {
    e.ops.push_back(op);
    e.parts.push_back(binary(1));
  }
  return finish(e);
}

/// Precedence climbing: takes operators that bind at least as `lowest`.
const Expression* Parser::binary(int lowest) {
  const Expression* left = unary();
  while (true) {
    const BinaryRow* row = std::find_if(std::begin(kBinary), std::end(kBinary), [&](const BinaryRow& r) {
      return r.precedence >= lowest && at_sign(r.sign);
    });
    if (row == std::end(kBinary)) return left;
    ++at_;
    left = binary_node(row->op, left, binary(row->precedence + 1));
  }
}

const Expression* Parser::unary() {
  Nested nested(*this);
  for (const SignRow& row : kUnary)
    if (take_sign(row.sign)) return unary_node(row.op, unary());
  return power();
}

const Expression* Parser::power() {
  const Expression* base = primary();
  return take_sign("**") ? binary_node(Operator::power, base, unary()) : base;
}

const Expression* Parser::primary() {
  const Expression* e = atom();
  while (true) {
    if (take_sign("(")) {
      e = call(e);
    } else if (take_sign("[")) {
      e = subscript(e);
    } else if (take_sign(".")) {
      Expression& attribute = make(ExpressionKind::attribute);
      attribute.text = expect_name();
      attribute.parts = {e};
      e = finish(attribute);
    } else {
      return e;
    }
  }
}

const Expression* Parser::call(const Expression* callee) {
  Expression& e = make(ExpressionKind::call);
  e.parts = {callee};
  while (!take_sign(")")) {
    if (at_sign("*") || at_sign("**")) fault("starred arguments are not supported");
    bool named =
        at(TokenKind::name) && tokens_[at_ + 1].kind == TokenKind::sign && tokens_[at_ + 1].text == "=";
    if (named) {
      e.names.push_back(expect_name());
      expect_sign("=");
    } else if (!e.names.empty()) {
      fault("an argument without a name after one with a name");
    }
    const Expression* argument = expression();
    if (at_word("for")) argument = comprehension(ExpressionKind::tuple, {argument});
    e.parts.push_back(argument);
    if (!at_sign(")")) expect_sign(",");
  }
  return finish(e);
}

const Expression* Parser::subscript(const Expression* object) {
  Expressions bounds(3, nullptr);
  size_t colons = 0;
  while (!at_sign("]")) {
    if (take_sign(":")) {
      if (++colons > 2) fault("a slice with three colons");
    } else {
      if (bounds[colons] != nullptr) fault(fmt::format("{} is not expected", described(token())));
      bounds[colons] = colons == 0 ? expression_list() : expression();
    }
  }
  expect_sign("]");
  if (colons == 0 && bounds[0] == nullptr) fault("an index is missing");
  Expression& e = make(colons == 0 ? ExpressionKind::index : ExpressionKind::slice);
  e.parts = {object, bounds[0]};
  if (colons > 0) e.parts.insert(e.parts.end(), {bounds[1], bounds[2]});
  return finish(e);
}

const Expression* Parser::atom() {
  switch (token().kind) {
    case TokenKind::integer:
    case TokenKind::real:
      return number();
    case TokenKind::string:
    case TokenKind::formatted:
      return strings();
    case TokenKind::name:
      return name_or_constant();
    default:
      if (take_sign("(")) return parentheses();
      if (take_sign("[")) return list();
      if (take_sign("{")) return braces();
      fault(fmt::format("a value expected before {}", described(token())));
  }
}

const Expression* Parser::number() {
  bool real = at(TokenKind::real);
  Expression& e = make(real ? ExpressionKind::real : ExpressionKind::integer);
  const std::string& text = token().text;
  const char* end = text.data() + text.size();
  auto result =
      real ? std::from_chars(text.data(), end, e.real) : std::from_chars(text.data(), end, e.integer);
  if (result.ec != std::errc{} || result.ptr != end) fault("a number beyond 64 bits");
  ++at_;
  return &e;
}

/// Strings beside each other are one.
const Expression* Parser::strings() {
  Expression& e = make(ExpressionKind::formatted);
  bool plain = true;
  std::string text;
  for (; at(TokenKind::string) || at(TokenKind::formatted); ++at_) {
    if (at(TokenKind::string)) {
      text += token().text;
      Expression& part = make(ExpressionKind::string);
      part.text = token().text;
      e.parts.push_back(&part);
    } else {
      plain = false;
      formatted(token().text, token().line, e);
    }
  }
  if (!plain) return finish(e);
  e.kind = ExpressionKind::string;
  e.text = std::move(text);
  e.parts.clear();
  return &e;
}

/// The pieces of an f-string: text with {{ and }}, and {expression}, {expression!r}, {expression!s}.
void Parser::formatted(std::string_view text, int line, Expression& into) {
  Expression* literal = nullptr;
  for (size_t i = 0; i < text.size();) {
    char c = text[i];
    if ((c == '{' || c == '}') && i + 1 < text.size() && text[i + 1] == c)
      ++i;
    else if (c == '}')
      fault("a single } in a formatted string");
    else if (c == '{') {
      size_t end = text.find('}', i);
      if (end == text.npos) fault("a { is not closed in a formatted string");
      into.parts.push_back(inserted(text.substr(i + 1, end - i - 1), line));
      literal = nullptr;
      i = end + 1;
      continue;
    }
    if (literal == nullptr) {
      literal = &make(ExpressionKind::string);
      into.parts.push_back(literal);
    }
    literal->text += c;
    ++i;
  }
}

const Expression* Parser::inserted(std::string_view source, int line) {
  Nested nested(*this);
  Expression& e = make(ExpressionKind::conversion);
  if (source.ends_with("!r") || source.ends_with("!s")) {
    e.integer = source.back() == 'r' ? 1 : 0;
    source.remove_suffix(2);
  }
  std::vector<Token> inside = tokens_of("(" + std::string(source) + ")", line);
  std::swap(tokens_, inside);
  size_t back = std::exchange(at_, 0);
  e.parts = {parse_lone_expression()};
  std::swap(tokens_, inside);
  at_ = back;
  return finish(e);
}

const Expression* Parser::name_or_constant() {
  std::string_view word = token().text;
  if (word == "None") {
    ++at_;
    return &make(ExpressionKind::none);
  }
  if (word == "True" || word == "False") {
    Expression& e = make(ExpressionKind::boolean);
    e.integer = word == "True" ? 1 : 0;
    ++at_;
    return &e;
  }
  if (word == "yield" || word == "await") fault(fmt::format("'{}' is not supported", word));
  Expression& e = make(ExpressionKind::name);
  e.text = expect_name();
  return &e;
}

const Expression* Parser::parentheses() {
  if (take_sign(")")) return &make(ExpressionKind::tuple);
  const Expression* e = expression_list();
  if (at_word("for")) e = comprehension(ExpressionKind::tuple, {e});
  expect_sign(")");
  return e;
}

const Expression* Parser::list() {
  Expression& e = make(ExpressionKind::list);
  while (!take_sign("]")) {
    e.parts.push_back(expression());
    if (at_word("for")) {
      if (e.parts.size() > 1) fault("'for' after several values");
      const Expression* made = comprehension(ExpressionKind::list, e.parts);
      expect_sign("]");
      return made;
    }
    if (!at_sign("]")) expect_sign(",");
  }
  return finish(e);
}

/// A dict, a set, or a comprehension that makes one.
const Expression* Parser::braces() {
  Expression& e = make(ExpressionKind::dict);
  while (!take_sign("}")) {
    bool first = e.parts.empty();
    e.parts.push_back(expression());
    if (first && !at_sign(":")) e.kind = ExpressionKind::set;
    if (e.kind == ExpressionKind::dict) {
      expect_sign(":");
      e.parts.push_back(expression());
    }
    if (at_word("for")) {
      if (!first) fault("'for' after several values");
      const Expression* made = comprehension(e.kind, e.parts);
      expect_sign("}");
      return made;
    }
    if (!at_sign("}")) expect_sign(",");
  }
  return finish(e);
}

/// Names, or names in a tuple, without the `in` of an expression.
const Expression* Parser::loop_target() {
  auto one = [&]() -> const Expression* {
    if (take_sign("(")) {
      Nested nested(*this);
      const Expression* inside = loop_target();
      expect_sign(")");
      return inside;
    }
    Expression& e = make(ExpressionKind::name);
    e.text = expect_name();
    return &e;
  };
  const Expression* first = one();
  if (!at_sign(",")) return first;
  Expression& tuple = make(ExpressionKind::tuple);
  tuple.parts = {first};
  while (take_sign(",") && !at_word("in")) tuple.parts.push_back(one());
  return finish(tuple);
}

const Expression* Parser::comprehension(ExpressionKind makes, Expressions parts) {
  Expression& e = make(ExpressionKind::comprehension);
  e.makes = makes;
  e.parts = std::move(parts);
  while (take_word("for")) {
    if (e.clauses.size() == 8) fault("more than 8 'for' in one expression");
    Clause clause;
    clause.target = loop_target();
    expect_word("in");
    clause.items = either();
    while (take_word("if")) clause.conditions.push_back(either());
    e.clauses.push_back(std::move(clause));
  }
  return finish(e);
}

const Expression* Parser::lambda() {
  expect_word("lambda");
  Expression& e = make(ExpressionKind::lambda);
  Definition& definition = syntax_.definitions.emplace_back();
  definition.name = "<lambda>";
  parameters(definition, ":");
  expect_sign(":");
  Statement& body = make(StatementKind::returns);
  body.value = expression();
  definition.body = {&body};
  e.definition = &definition;
  e.depth = body.value->depth + 1;
  return finish(e);
}

/// Up to the closing sign, which stays. Annotations are read and forgotten.
void Parser::parameters(Definition& definition, std::string_view closing) {
  while (!at_sign(closing)) {
    if (at_sign("*") || at_sign("**") || at_sign("/")) fault("only plain parameters are supported");
    std::string name = expect_name();
    for (const std::string& other : definition.parameters)
      if (other == name) fault(fmt::format("two parameters named {}", name));
    definition.parameters.push_back(std::move(name));
    if (closing == ")" && take_sign(":")) (void)expression();
    if (take_sign("=")) {
      definition.defaults.push_back(expression());
    } else if (!definition.defaults.empty()) {
      fault("a parameter without a default after one with a default");
    }
    if (!at_sign(closing)) expect_sign(",");
  }
}

}  // namespace retort::problems::python
