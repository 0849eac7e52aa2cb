// Numbers, names, brackets, fractions, roots, functions and matrices.
#include <algorithm>

#include "retort/eval/answers/ascii.h"
#include "retort/eval/answers/latex_names.h"
#include "retort/eval/answers/parser_impl.h"
#include "retort/eval/answers/rational.h"

namespace retort::eval {
namespace {

bool is_whole_number(const Node& node) {
  return node.is(NodeKind::number) && std::all_of(node.text.begin(), node.text.end(), is_digit);
}

/// A fraction between 0 and 1 of two whole numbers, as in 1\frac{4}{5}.
bool is_proper_fraction(const Node& node) {
  if (!node.is(NodeKind::quotient) || !is_whole_number(node.children[0]) ||
      !is_whole_number(node.children[1]))
    return false;
  auto a = Rational::parse(node.children[0].text), b = Rational::parse(node.children[1].text);
  return a && b && *a < *b;
}

std::string_view inverse_of(std::string_view function) {
  constexpr std::pair<std::string_view, std::string_view> kInverses[] = {
      {"sin", "arcsin"}, {"cos", "arccos"}, {"tan", "arctan"}};
  for (const auto& [name, inverse] : kInverses)
    if (name == function) return inverse;
  return {};
}

bool is_minus_one(const Node& node) {
  return node.is(NodeKind::negate) && node.children[0].is(NodeKind::number, "1");
}

}  // namespace

Node Parser::primary() {
  using Rule = Node (Parser::*)();
  constexpr std::pair<std::string_view, Rule> kCommands[] = {
      {"frac", &Parser::fraction},           {"sqrt", &Parser::root},
      {"binom", &Parser::binomial},          {"pi", &Parser::constant},
      {"infty", &Parser::constant},          {"emptyset", &Parser::empty_set},
      {"lfloor", &Parser::floor_or_ceiling}, {"lceil", &Parser::floor_or_ceiling}};
  constexpr std::pair<std::string_view, Rule> kSigns[] = {
      {"(", &Parser::brackets}, {"[", &Parser::brackets}, {"{:", &Parser::set}, {"|", &Parser::bars}};

  const Nesting nesting(*this);
  const Token& token = peek();
  if (token.kind == TokenKind::number) return number();
  if (token.kind == TokenKind::letter) return name();
  if (token.kind == TokenKind::open) return braces();
  if (token.kind == TokenKind::word) {
    Node word = make(NodeKind::word, {}, token.text);
    advance();
    return word;
  }
  if (token.kind == TokenKind::sign)
    for (const auto& [text, rule] : kSigns)
      if (text == token.text) return (this->*rule)();
  if (token.kind == TokenKind::command) {
    for (const auto& [text, rule] : kCommands)
      if (text == token.text) return (this->*rule)();
    if (is_function(token.text)) return function();
    if (is_greek(token.text)) return name();
    if (token.text.starts_with("begin:")) return matrix();
    if (token.text == "circ" || token.text == "degree") {  // the script of 90^{\circ}
      advance();
      return make(NodeKind::degree, {});
    }
  }
  return fail(token.kind == TokenKind::end ? "the expression ends too early"
                                           : "unknown '" + token.text + "'");
}

Node Parser::number() {
  std::string digits = peek().text;
  advance();
  if (next_is_sign("_")) return based(std::move(digits));
  Node whole = make(NodeKind::number, {}, std::move(digits));
  if (auto part = mixed_part(whole)) return make_of(NodeKind::sum, std::move(whole), std::move(*part));
  return whole;
}

/// The fraction of a mixed number, 1\frac{4}{5} or 1 4/5, when it follows.
std::optional<Node> Parser::mixed_part(const Node& whole) {
  if (!is_whole_number(whole)) return std::nullopt;
  const size_t start = at_;
  std::optional<Node> part;
  if (next_is(TokenKind::command, "frac")) {
    part = fraction();
  } else if (peek().kind == TokenKind::number && peek().space_before && peek(1).text == "/" &&
             peek(2).kind == TokenKind::number) {
    Node above = make(NodeKind::number, {}, peek().text), below = make(NodeKind::number, {}, peek(2).text);
    at_ += 3;
    part = make_of(NodeKind::quotient, std::move(above), std::move(below));
  }
  if (error_ || (part && is_proper_fraction(*part))) return part;
  at_ = start;
  return std::nullopt;
}

/// 2516_8, 40_{nine}
Node Parser::based(std::string digits) {
  expect(TokenKind::sign, "_");
  const std::string text = script_text();
  int base = base_of(text).value_or(0);
  if (base == 0 && !text.empty() && text.size() <= 2 && std::all_of(text.begin(), text.end(), is_digit))
    base = std::stoi(text);
  if (!Rational::parse_integer(digits, base))
    return fail("'" + digits + "' is no number of base '" + text + "'");
  return make(NodeKind::based, {}, std::move(digits), std::to_string(base));
}

Node Parser::name() {
  std::string text = peek().text;
  advance();
  if (accept_sign("_")) return make(NodeKind::variable, {}, text + "_" + script_text());
  if (text == "e" || text == "i") return make(NodeKind::constant, {}, text);
  return make(NodeKind::variable, {}, text);
}

/// What stands under a name, as written.
std::string Parser::script_text() {
  std::string text;
  if (!accept(TokenKind::open, "{")) {
    text = peek().text;
    advance();
    return text;
  }
  for (int depth = 1; !at_end(); advance()) {
    if (peek().kind == TokenKind::open) ++depth;
    if (peek().kind == TokenKind::close && --depth == 0) break;
    text += peek().text;
  }
  expect(TokenKind::close, "}");
  return text;
}

/// A group; {1, 2} is a set whose backslashes were lost, {n \choose k} a binomial.
Node Parser::braces() {
  expect(TokenKind::open, "{");
  bars_ = 0;
  std::vector<Node> all = items();
  if (all.size() == 1 && accept(TokenKind::command, "choose")) {
    all.push_back(sum());
    expect(TokenKind::close, "}");
    return make(NodeKind::function, std::move(all), "binom");
  }
  expect(TokenKind::close, "}");
  if (all.empty()) return fail("empty braces");
  if (all.size() == 1) return std::move(all[0]);
  return make(NodeKind::set, std::move(all));
}

/// Parentheses around one value, a tuple, or an interval.
Node Parser::brackets() {
  const std::string open = peek().text;
  advance();
  bars_ = 0;
  std::vector<Node> all = items();
  const std::string close = peek().text;
  if (!accept_sign(")") && !accept_sign("]")) return fail("'" + open + "' does not close");
  const bool match = (open == "(") == (close == ")");
  if (all.empty() || (all.size() == 1 && !match)) return fail("nothing between brackets");
  if (all.size() == 1) return std::move(all[0]);
  return make(NodeKind::group, std::move(all), "", open + close);
}

Node Parser::set() {
  expect(TokenKind::sign, "{:");
  bars_ = 0;
  std::vector<Node> all = items();
  expect(TokenKind::sign, ":}");
  return make(NodeKind::set, std::move(all));
}

Node Parser::bars() {
  expect(TokenKind::sign, "|");
  ++bars_;
  std::vector<Node> inner;
  inner.push_back(sum());
  --bars_;
  expect(TokenKind::sign, "|");
  return make(NodeKind::function, std::move(inner), "abs");
}

Node Parser::fraction() {
  advance();
  Node above = argument();
  Node below = argument();
  return make_of(NodeKind::quotient, std::move(above), std::move(below));
}

/// \sqrt[n]{x}; \sqrt13 is read as the root of 13.
Node Parser::root() {
  advance();
  Node index = make_number(2);
  if (accept_sign("[")) {
    index = sum();
    expect(TokenKind::sign, "]");
  }
  Node radicand = primary();
  return make_of(NodeKind::root, std::move(radicand), std::move(index));
}

Node Parser::binomial() {
  advance();
  std::vector<Node> arguments;
  arguments.push_back(argument());
  arguments.push_back(argument());
  return make(NodeKind::function, std::move(arguments), "binom");
}

Node Parser::floor_or_ceiling() {
  const bool floor = peek().text == "lfloor";
  advance();
  bars_ = 0;
  std::vector<Node> inner;
  inner.push_back(sum());
  expect(TokenKind::command, floor ? "rfloor" : "rceil");
  return make(NodeKind::function, std::move(inner), floor ? "floor" : "ceil");
}

Node Parser::constant() {
  Node result = make(NodeKind::constant, {}, peek().text);
  advance();
  return result;
}

Node Parser::empty_set() {
  advance();
  return make(NodeKind::set, {});
}

Node Parser::argument() {
  Token& token = tokens_[at_];
  if (token.kind != TokenKind::number || token.text.size() == 1) return primary();
  if (!is_digit(token.text[1])) return fail("a decimal needs braces here");
  // TeX takes one digit: \frac43 is 4/3.
  Node digit = make(NodeKind::number, {}, token.text.substr(0, 1));
  token.text.erase(0, 1);
  return digit;
}

/// An exponent. Unlike TeX, x^10 takes the whole number, which is what is meant when someone writes it.
Node Parser::script() {
  const Nesting nesting(*this);
  if (accept_sign("-")) return make_of(NodeKind::negate, script());
  Node exponent = primary();
  if (!accept_sign("^")) return exponent;
  Node higher = script();
  return make_of(NodeKind::power, std::move(exponent), std::move(higher));
}

Node Parser::matrix() {
  constexpr std::pair<std::string_view, std::string_view> kKinds[] = {
      {"pmatrix", "matrix"}, {"bmatrix", "matrix"}, {"matrix", "matrix"},  {"smallmatrix", "matrix"},
      {"array", "matrix"},   {"Bmatrix", "matrix"}, {"vmatrix", "vmatrix"}};
  const std::string environment = peek().text.substr(6);  // after "begin:"
  const auto* kind =
      std::find_if(std::begin(kKinds), std::end(kKinds), [&](auto& k) { return k.first == environment; });
  if (kind == std::end(kKinds)) return fail("unknown environment '" + environment + "'");
  advance();
  if (environment == "array" && peek().kind == TokenKind::open) script_text();  // the columns' alignment
  bars_ = 0;
  std::vector<Node> cells;
  size_t columns = 0;
  while (!at_end() && !next_is(TokenKind::command, "end:" + environment)) {
    std::vector<Node> next = row();
    if (columns != 0 && next.size() != columns) return fail("rows of a matrix differ in length");
    columns = next.size();
    std::move(next.begin(), next.end(), std::back_inserter(cells));
  }
  expect(TokenKind::command, "end:" + environment);
  if (cells.empty()) return fail("empty matrix");
  return make(NodeKind::matrix, std::move(cells), std::to_string(columns), std::string(kind->second));
}

std::vector<Node> Parser::row() {
  std::vector<Node> cells;
  do cells.push_back(sum());
  while (accept_sign("&"));
  if (!accept_sign("\\\\") && !peek().text.starts_with("end:")) fail("a row of a matrix does not end");
  return cells;
}

/// \sin^2 x, \log_2 8, \max(a, b)
Node Parser::function() {
  std::string text = peek().text;
  advance();
  std::optional<Node> base, exponent;
  while (next_is_sign("_") || next_is_sign("^")) {
    std::optional<Node>& slot = next_is_sign("_") ? base : exponent;
    advance();
    slot = script();
  }
  if (exponent && is_minus_one(*exponent) && !inverse_of(text).empty()) {
    text = inverse_of(text);
    exponent.reset();
  }
  if (base && text != "log") return fail("a subscript of " + text);
  std::vector<Node> arguments = function_arguments();
  if (base) arguments.push_back(std::move(*base));
  Node value = make(NodeKind::function, std::move(arguments), std::move(text));
  return exponent ? make_of(NodeKind::power, std::move(value), std::move(*exponent)) : value;
}

/// One group of brackets or braces; without them all factors up to the next sign or function.
std::vector<Node> Parser::function_arguments() {
  std::vector<Node> factors;
  if (next_is_sign("(") || next_is_sign("[") || peek().kind == TokenKind::open) {
    Node group = primary();
    if (group.is(NodeKind::group)) return std::move(group.children);
    factors.push_back(std::move(group));
    return factors;
  }
  auto goes_on = [&] {
    return starts_factor() && peek().kind != TokenKind::word && !next_is_sign("(") &&
           !is_function(peek().text);
  };
  factors.push_back(operand());
  while (goes_on()) factors.push_back(factor());
  if (factors.size() == 1) return factors;
  std::vector<Node> argument;
  argument.push_back(make(NodeKind::product, std::move(factors)));
  return argument;
}

}  // namespace retort::eval
