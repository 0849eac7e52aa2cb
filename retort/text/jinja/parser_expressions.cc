// The expression half of the parser. From loose to tight: if-else, or, and, not, comparisons, + -, ~,
// * / // %, **, unary, then postfix, filters and tests.
#include <charconv>

#include "retort/text/jinja/natives.h"
#include "retort/text/jinja/parser.h"

namespace retort::jinja {

/// Counts how deep the recursion is, and refuses what would exhaust the stack.
struct Parser::Nesting {
  explicit Nesting(Parser& p) : parser(p) {
    if (++parser.nesting_ > parser.limits_.max_nesting)
      fail(ErrorCode::resource, "{}: nested over the limit of {} levels",
           describe_place(parser.source_, parser.current().place), parser.limits_.max_nesting);
  }
  ~Nesting() { --parser.nesting_; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;
  Parser& parser;
};

Expression Parser::make(ExpressionKind kind, size_t place) {
  Expression e;
  e.kind = kind;
  e.place = static_cast<uint32_t>(place);
  return e;
}

/// Long chains of operators nest to the left without recursion here, so the depth is checked as they grow.
Expression Parser::finish(Expression e) const {
  uint32_t deepest = 0;
  for (const auto& part : e.parts) deepest = std::max(deepest, part.depth);
  for (const auto& argument : e.arguments) deepest = std::max(deepest, argument.value.depth);
  e.depth = deepest + 1;
  if (e.depth > static_cast<uint32_t>(limits_.max_nesting))
    fail(ErrorCode::resource, "{}: nested over the limit of {} levels", describe_place(source_, e.place),
         limits_.max_nesting);
  return e;
}

Expression Parser::binary(ExpressionKind kind, size_t place, Expression left, Expression right) const {
  Expression e = make(kind, place);
  e.parts.push_back(std::move(left));
  e.parts.push_back(std::move(right));
  return finish(std::move(e));
}

Expression Parser::expression() {
  Nesting nesting(*this);
  Expression value = disjunction();
  while (is_name("if")) {
    size_t place = advance().place;
    Expression condition = disjunction();
    Expression e = make(ExpressionKind::conditional, place);
    e.parts.push_back(std::move(condition));
    e.parts.push_back(std::move(value));
    if (skip_name("else")) e.parts.push_back(expression());
    value = finish(std::move(e));
  }
  return value;
}

Expression Parser::disjunction() {
  Expression left = conjunction();
  while (is_name("or")) {
    size_t place = advance().place;
    left = binary(ExpressionKind::disjunction, place, std::move(left), conjunction());
  }
  return left;
}

Expression Parser::conjunction() {
  Expression left = negation();
  while (is_name("and")) {
    size_t place = advance().place;
    left = binary(ExpressionKind::conjunction, place, std::move(left), negation());
  }
  return left;
}

Expression Parser::negation() {
  if (!is_name("not")) return comparison();
  Nesting nesting(*this);
  Expression e = make(ExpressionKind::negation, advance().place);
  e.parts.push_back(negation());
  return finish(std::move(e));
}

bool Parser::comparison_operator(Operator& op) {
  static constexpr std::pair<std::string_view, Operator> kRows[] = {
      {"==", Operator::equal},      {"!=", Operator::not_equal}, {"<", Operator::less},
      {"<=", Operator::less_equal}, {">", Operator::greater},    {">=", Operator::greater_equal},
  };
  for (const auto& [text, row] : kRows)
    if (skip_symbol(text)) return op = row, true;
  if (skip_name("in")) return op = Operator::in, true;
  if (is_name("not") && ahead().kind == TokenKind::name && ahead().text == "in") {
    advance();
    advance();
    return op = Operator::not_in, true;
  }
  return false;
}

Expression Parser::comparison() {
  Expression first = sum();
  size_t place = current().place;
  Operator op{};
  if (!comparison_operator(op)) return first;
  Expression e = make(ExpressionKind::comparison, place);
  e.parts.push_back(std::move(first));
  do {
    e.operators.push_back(op);
    e.parts.push_back(sum());
  } while (comparison_operator(op));
  return finish(std::move(e));
}

Expression Parser::arithmetic(Expression (Parser::*part)(),
                              std::initializer_list<std::pair<std::string_view, Operator>> rows) {
  Expression left = (this->*part)();
  for (bool more = true; more;) {
    more = false;
    for (const auto& [text, op] : rows) {
      size_t place = current().place;
      if (!skip_symbol(text)) continue;
      left = binary(ExpressionKind::arithmetic, place, std::move(left), (this->*part)());
      left.operators.push_back(op);
      more = true;
      break;
    }
  }
  return left;
}

Expression Parser::sum() {
  return arithmetic(&Parser::concat, {{"+", Operator::add}, {"-", Operator::subtract}});
}

Expression Parser::concat() {
  Expression first = product();
  if (!is_symbol("~")) return first;
  Expression e = make(ExpressionKind::concat, current().place);
  e.parts.push_back(std::move(first));
  while (skip_symbol("~")) e.parts.push_back(product());
  return finish(std::move(e));
}

Expression Parser::product() {
  return arithmetic(&Parser::power, {{"*", Operator::multiply},
                                     {"//", Operator::floor_divide},
                                     {"/", Operator::divide},
                                     {"%", Operator::modulo}});
}

// Jinja's ** groups to the left, unlike Python's.
Expression Parser::power() {
  Expression left = unary(true);
  while (is_symbol("**")) {
    size_t place = advance().place;
    left = binary(ExpressionKind::arithmetic, place, std::move(left), unary(true));
    left.operators.push_back(Operator::power);
  }
  return left;
}

Expression Parser::unary(bool with_filter) {
  Nesting nesting(*this);
  Expression e;
  if (is_symbol("-") || is_symbol("+")) {
    e = make(is_symbol("-") ? ExpressionKind::minus : ExpressionKind::plus, current().place);
    advance();
    e.parts.push_back(unary(false));
    e = finish(std::move(e));
  } else {
    e = primary();
  }
  e = postfix(std::move(e));
  return with_filter ? filters_and_tests(std::move(e)) : std::move(e);
}

Expression Parser::primary() {
  switch (current().kind) {
    case TokenKind::name:
      return name_or_constant();
    case TokenKind::string:
      return string();
    case TokenKind::integer:
    case TokenKind::real:
      return number();
    default:
      break;
  }
  if (skip_symbol("(")) {
    Expression e = tuple(true, {}, true);
    expect_symbol(")");
    return e;
  }
  if (is_symbol("[")) return list();
  if (is_symbol("{")) return dict();
  error(current().place, fmt::format("expected an expression, not {}", shown(current())));
}

Expression Parser::name_or_constant() {
  Token token = advance();
  Expression e = make(ExpressionKind::literal, token.place);
  const std::string& text = token.text;
  if (text == "true" || text == "True" || text == "false" || text == "False") {
    e.literal = text.ends_with("rue");
  } else if (text == "none" || text == "None") {
    e.literal = Value::none();
  } else {
    e.kind = ExpressionKind::name;
    e.name = text;
    for (std::string_view special : {"varargs", "kwargs", "caller"})
      if (text == special) names_.emplace(special);
  }
  return e;
}

Expression Parser::number() {
  Token token = advance();
  Expression e = make(ExpressionKind::literal, token.place);
  const char* begin = token.text.data();
  const char* end = begin + token.text.size();
  if (token.kind == TokenKind::real) {
    double value = 0;
    auto result = std::from_chars(begin, end, value);
    if (result.ec != std::errc() || result.ptr != end)
      error(token.place, "the number is out of a float's range");
    e.literal = value;
    return e;
  }
  int base = 10;
  if (token.text.size() > 1 && token.text[0] == '0' && token.text[1] > '9') {
    char letter = static_cast<char>(token.text[1] | 0x20);
    base = letter == 'x' ? 16 : letter == 'o' ? 8 : 2;
    begin += 2;
  }
  int64_t value = 0;
  auto result = std::from_chars(begin, end, value, base);
  if (result.ec != std::errc() || result.ptr != end)
    error(token.place, fmt::format("'{}' is no integer of 64 bits", token.text));
  e.literal = value;
  return e;
}

Expression Parser::string() {
  Expression e = make(ExpressionKind::literal, current().place);
  std::string text;
  while (current().kind == TokenKind::string) text += advance().text;
  e.literal = Value::literal(std::move(text));
  return e;
}

Expression Parser::list() {
  Expression e = make(ExpressionKind::list, advance().place);
  while (!is_symbol("]")) {
    if (!e.parts.empty()) expect_symbol(",");
    if (is_symbol("]")) break;
    e.parts.push_back(expression());
  }
  expect_symbol("]");
  return finish(std::move(e));
}

Expression Parser::dict() {
  Expression e = make(ExpressionKind::dict, advance().place);
  while (!is_symbol("}")) {
    if (!e.parts.empty()) expect_symbol(",");
    if (is_symbol("}")) break;
    e.parts.push_back(expression());
    expect_symbol(":");
    e.parts.push_back(expression());
  }
  expect_symbol("}");
  return finish(std::move(e));
}

Expression Parser::postfix(Expression e) {
  while (true) {
    if (is_symbol("."))
      e = dot(std::move(e));
    else if (is_symbol("["))
      e = subscript(std::move(e));
    else if (is_symbol("("))
      e = call(std::move(e));
    else
      return e;
  }
}

Expression Parser::filters_and_tests(Expression e) {
  while (true) {
    if (is_symbol("|")) {
      std::vector<Expression> input;
      input.push_back(std::move(e));
      e = filter(std::move(input));
    } else if (is_name("is")) {
      e = test(std::move(e));
    } else if (is_symbol("(")) {
      e = call(std::move(e));
    } else {
      return e;
    }
  }
}

Expression Parser::dot(Expression object) {
  advance();
  Token token = advance();
  if (token.kind == TokenKind::name) {
    Expression e = make(ExpressionKind::attribute, token.place);
    e.name = token.text;
    e.parts.push_back(std::move(object));
    return finish(std::move(e));
  }
  if (token.kind != TokenKind::integer) error(token.place, "expected a name or number after '.'");
  --at_;
  Expression index = number();
  return binary(ExpressionKind::item, token.place, std::move(object), std::move(index));
}

Expression Parser::slice_part() {
  if (!is_symbol(":") && !is_symbol("]")) return tuple(true);
  Expression left_out = make(ExpressionKind::literal, current().place);
  left_out.literal = Value::none();
  return left_out;
}

Expression Parser::subscript(Expression object) {
  size_t place = advance().place;
  if (is_symbol("]")) error(place, "expected an index between [ and ]");
  Expression first = slice_part();
  if (!is_symbol(":")) {
    expect_symbol("]");
    return binary(ExpressionKind::item, place, std::move(object), std::move(first));
  }
  Expression e = make(ExpressionKind::slice, place);
  e.parts.push_back(std::move(object));
  e.parts.push_back(std::move(first));
  for (int i = 0; i < 2; ++i) {
    skip_symbol(":");
    e.parts.push_back(slice_part());
  }
  expect_symbol("]");
  return finish(std::move(e));
}

Expression Parser::call(Expression callee) {
  Expression e = make(ExpressionKind::call, current().place);
  e.parts.push_back(std::move(callee));
  e.arguments = arguments();
  return finish(std::move(e));
}

std::vector<Argument> Parser::arguments() {
  expect_symbol("(");
  std::vector<Argument> all;
  bool named = false;
  while (!is_symbol(")")) {
    if (!all.empty()) expect_symbol(",");
    if (is_symbol(")")) break;
    Argument argument;
    size_t place = current().place;
    if (skip_symbol("**")) {
      argument.kind = Argument::Kind::spread_named;
    } else if (skip_symbol("*")) {
      argument.kind = Argument::Kind::spread;
    } else if (current().kind == TokenKind::name && ahead().kind == TokenKind::symbol &&
               ahead().text == "=") {
      argument.kind = Argument::Kind::named;
      argument.name = advance().text;
      advance();
    }
    bool positional = argument.kind == Argument::Kind::positional;
    if (positional && named) error(place, "a positional argument stands after a named one");
    named = named || argument.kind == Argument::Kind::named || argument.kind == Argument::Kind::spread_named;
    argument.value = expression();
    all.push_back(std::move(argument));
  }
  expect_symbol(")");
  return all;
}

Expression Parser::filter(std::vector<Expression> input) {
  advance();  // | or the tag's name
  Expression e = make(ExpressionKind::filter, current().place);
  e.name = expect_identifier("a filter's name");
  e.native = find_row(filter_rows(), e.name);
  e.parts = std::move(input);
  if (is_symbol("(")) e.arguments = arguments();
  return finish(std::move(e));
}

/// `name(args) | name | ...` without an input, for blocks; the current token is what precedes the first name.
Expression Parser::filter_chain() {
  Expression e = filter({});
  while (is_symbol("|")) {
    std::vector<Expression> input;
    input.push_back(std::move(e));
    e = filter(std::move(input));
  }
  return e;
}

Expression Parser::test(Expression value) {
  advance();
  bool negated = skip_name("not");
  Expression e = make(ExpressionKind::test, current().place);
  e.name = expect_identifier("a test's name");
  e.native = find_row(test_rows(), e.name);
  e.parts.push_back(std::move(value));
  static constexpr std::string_view kOpeners = "([{";
  const Token& token = current();
  bool operand = token.kind == TokenKind::name || token.kind == TokenKind::string ||
                 token.kind == TokenKind::integer || token.kind == TokenKind::real ||
                 (token.kind == TokenKind::symbol && kOpeners.find(token.text) != kOpeners.npos);
  if (is_symbol("(")) {
    e.arguments = arguments();
  } else if (operand && !is_name("else") && !is_name("or") && !is_name("and")) {
    if (is_name("is")) error(token.place, "tests cannot be chained with 'is'");
    e.arguments.push_back({Argument::Kind::positional, "", postfix(primary())});
  }
  e = finish(std::move(e));
  if (!negated) return e;
  Expression negation = make(ExpressionKind::negation, e.place);
  negation.parts.push_back(std::move(e));
  return finish(std::move(negation));
}

bool Parser::ends_tuple(Names stop) const {
  TokenKind kind = current().kind;
  if (kind == TokenKind::variable_end || kind == TokenKind::block_end || is_symbol(")") || is_symbol("]"))
    return true;
  for (auto name : stop)
    if (is_name(name)) return true;
  return false;
}

Expression Parser::tuple(bool with_conditional, Names stop, bool parentheses) {
  Nesting nesting(*this);
  Expression e = make(ExpressionKind::tuple, current().place);
  bool comma = false;
  while (!ends_tuple(stop)) {
    e.parts.push_back(with_conditional ? expression() : disjunction());
    if (!skip_symbol(",")) break;
    comma = true;
  }
  if (!comma && e.parts.size() == 1) return std::move(e.parts[0]);
  if (e.parts.empty() && !parentheses)
    error(current().place, fmt::format("expected an expression, not {}", shown(current())));
  return finish(std::move(e));
}

}  // namespace retort::jinja
