#include "retort/eval/answers/parser.h"

#include <algorithm>

#include "retort/eval/answers/latex_names.h"
#include "retort/eval/answers/parser_impl.h"

namespace retort::eval {
namespace {

struct RelationSign {
  std::string_view sign;
  char code;
};

constexpr RelationSign kRelations[] = {{"=", '='},  {"<", '<'},  {">", '>'}, {"<=", 'l'},
                                       {">=", 'g'}, {"!=", 'n'}, {"@", 'm'}};

char relation_code(const Token& token) {
  if (token.kind != TokenKind::sign) return '\0';
  for (const auto& row : kRelations)
    if (row.sign == token.text) return row.code;
  return '\0';
}

/// cm, cm^2, m/s: prose and nothing else.
bool is_prose(const Node& node) {
  if (node.is(NodeKind::word)) return true;
  if (node.is(NodeKind::power)) return is_prose(node.children[0]);
  if (!node.is(NodeKind::quotient) && !node.is(NodeKind::product)) return false;
  return std::all_of(node.children.begin(), node.children.end(), is_prose);
}

/// Prose that may be dropped after a value: none of its words changes the value.
bool is_unit_prose(const Node& node) {
  if (!node.is(NodeKind::word)) return std::all_of(node.children.begin(), node.children.end(), is_unit_prose);
  std::string_view rest = node.text;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(' '), rest.size());
    if (changes_value(rest.substr(0, end))) return false;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return true;
}

bool is_sum_sign(const Token& token) {
  constexpr std::string_view kSigns[] = {"+", "-", "+-", "-+"};
  return token.kind == TokenKind::sign &&
         std::find(std::begin(kSigns), std::end(kSigns), token.text) != std::end(kSigns);
}

/// 5 million: the power of ten that the word stands for.
std::optional<Node> scale_factor(const Node& word) {
  auto zeros = word.is(NodeKind::word) ? scale_of(word.text) : std::nullopt;
  if (!zeros) return std::nullopt;
  return make_leaf(NodeKind::number, "1" + std::string(static_cast<size_t>(*zeros), '0'));
}

}  // namespace

Result<Node> parse(const Tokens& tokens) {
  return Parser(tokens).run();
}

Result<Node> parse_answer(std::string_view text, CommaRule rule) {
  const Tokens tokens = RETORT_TRY(tokenize(text, rule));
  return parse(tokens);
}

Result<Node> Parser::run() {
  std::vector<Node> all = items();
  if (!at_end()) fail("unexpected '" + peek().text + "'");
  if (all.empty()) fail("nothing to read");
  Node whole = all.size() == 1 ? std::move(all[0]) : make(NodeKind::list, std::move(all));
  if (error_) return tl::unexpected(std::move(*error_));
  return whole;
}

Node Parser::fail(std::string message, ErrorCode code) {
  if (!error_) error_ = make_error(code, "answer: {}", message);
  at_ = tokens_.size() - 1;
  return {};
}

Node Parser::make(NodeKind kind, std::vector<Node> children, std::string text, std::string label) {
  if (error_) return {};
  Node node = make_node(kind, std::move(children), std::move(text), std::move(label));
  if (++nodes_ > kMaxNodes || node.depth > kMaxDepth)
    return fail("the expression is too large", ErrorCode::unsupported);
  return node;
}

bool Parser::accept(TokenKind kind, std::string_view text) {
  if (!next_is(kind, text)) return false;
  advance();
  return true;
}

void Parser::expect(TokenKind kind, std::string_view text) {
  if (!accept(kind, text)) fail("expected '" + std::string(text) + "' and found '" + peek().text + "'");
}

std::vector<Node> Parser::items() {
  std::vector<Node> all;
  auto closes = [&] {
    return at_end() || peek().kind == TokenKind::close || next_is_sign(")") || next_is_sign("]") ||
           next_is_sign(":}");
  };
  while (!closes()) {
    all.push_back(item());
    if (!accept_sign(",")) break;
  }
  return all;
}

Node Parser::item() {
  accept_sign("=");  // "= 5"
  Node first = relation();
  if (!next_is_sign(":")) return first;
  std::vector<Node> parts;
  parts.push_back(std::move(first));
  while (accept_sign(":")) parts.push_back(relation());
  return make(NodeKind::group, std::move(parts), "", "::");
}

Node Parser::relation() {
  std::vector<Node> sides;
  std::string operators;
  sides.push_back(united());
  while (char code = relation_code(peek())) {
    advance();
    operators += code;
    sides.push_back(united());
  }
  if (sides.size() == 1) return std::move(sides[0]);
  return make(NodeKind::relation, std::move(sides), "", operators);
}

Node Parser::united() {
  std::vector<Node> parts;
  parts.push_back(sum());
  while (accept(TokenKind::command, "cup")) parts.push_back(sum());
  if (parts.size() == 1) return std::move(parts[0]);
  return make(NodeKind::union_of, std::move(parts));
}

Node Parser::sum() {
  std::vector<Node> terms;
  terms.push_back(signed_term());
  while (is_sum_sign(peek())) terms.push_back(signed_term());
  if (terms.size() == 1) return std::move(terms[0]);
  return make(NodeKind::sum, std::move(terms));
}

Node Parser::signed_term() {
  if (!is_sum_sign(peek())) return term();
  const Nesting nesting(*this);
  const std::string sign = peek().text;
  if (error_) return {};
  advance();
  Node rest = signed_term();
  if (sign == "+") return rest;
  if (sign == "-") return make_of(NodeKind::negate, std::move(rest));
  std::vector<Node> child;
  child.push_back(std::move(rest));
  return make(NodeKind::plus_minus, std::move(child), "", sign);
}

Node Parser::term() {
  std::vector<Node> factors;
  factors.push_back(factor());
  auto whole = [&] {
    return factors.size() == 1 ? std::move(factors[0]) : make(NodeKind::product, std::move(factors));
  };
  bool after_unit = false;
  while (true) {
    const bool times = accept_sign("*");
    const bool over = !times && accept_sign("/");
    if (!times && !over && !starts_factor()) break;
    const bool digits_touch = !times && !over && peek().kind == TokenKind::number;
    if (digits_touch && factors.back().is(NodeKind::number)) return fail("two numbers side by side");
    Node right = times || over ? operand() : factor();
    Node& left = factors.back();
    if (auto scale = scale_factor(right); scale && !is_prose(left)) {
      factors.push_back(std::move(*scale));
    } else if (left.is(NodeKind::word) && right.is(NodeKind::word)) {
      left.text += (over ? "/" : " ") + right.text;
    } else if (is_prose(right) && !is_prose(left)) {
      if (!is_unit_prose(right)) return fail("words that may change the value");
      after_unit = true;
      continue;
    } else if (is_prose(left) != is_prose(right) || (after_unit && !times && !over)) {
      return fail("prose before a value");
    } else if (over) {
      Node dividend = whole();
      factors.clear();
      factors.push_back(make_of(NodeKind::quotient, std::move(dividend), std::move(right)));
    } else {
      factors.push_back(std::move(right));
    }
    after_unit = false;
  }
  return whole();
}

Node Parser::operand() {
  if (accept_sign("-")) return make_of(NodeKind::negate, factor());
  accept_sign("+");
  return factor();
}

bool Parser::starts_factor() const {
  const Token& token = peek();
  constexpr std::string_view kSigns[] = {"(", "["};
  constexpr std::string_view kNotFactors[] = {"cup", "degree", "circ", "choose", "rfloor", "rceil"};
  switch (token.kind) {
    case TokenKind::number:
    case TokenKind::letter:
    case TokenKind::word:
    case TokenKind::open:
      return true;
    case TokenKind::sign:
      if (token.text == "|") return bars_ == 0;
      return std::find(std::begin(kSigns), std::end(kSigns), token.text) != std::end(kSigns);
    case TokenKind::command:
      return !token.text.starts_with("end:") &&
             std::find(std::begin(kNotFactors), std::end(kNotFactors), token.text) == std::end(kNotFactors);
    case TokenKind::close:
    case TokenKind::end:
      return false;
  }
  return false;
}

Node Parser::factor() {
  Node base = primary();
  while (auto longer = postfix(base)) base = std::move(*longer);
  return base;
}

/// One ^, !, %, degree sign or prime after a value; nothing when there is none.
std::optional<Node> Parser::postfix(Node& base) {
  if (accept_sign("!")) return make_of(NodeKind::factorial, std::move(base));
  if (accept_sign("%")) return make_of(NodeKind::percent, std::move(base));
  if (accept(TokenKind::command, "degree")) return make_of(NodeKind::degree, std::move(base));
  if (base.is(NodeKind::variable) && accept_sign("'")) return make(NodeKind::variable, {}, base.text + "'");
  if (!accept_sign("^")) return std::nullopt;
  if (accept(TokenKind::command, "circ") || accept(TokenKind::command, "degree"))
    return make_of(NodeKind::degree, std::move(base));
  Node exponent = script();
  if (exponent.is(NodeKind::degree)) return make_of(NodeKind::degree, std::move(base));  // ^{\circ}
  if (is_prose(exponent)) return std::move(base);                                        // 5^{th}
  return make_of(NodeKind::power, std::move(base), std::move(exponent));
}

}  // namespace retort::eval
