#include "retort/eval/tasks/claims/boolean.h"

#include <optional>

namespace retort::eval::claims {
namespace {

constexpr int kMaxDepth = 40;
constexpr size_t kMaxFormulaTokens = 512;

std::optional<bool> truth(const Token& t) {
  if (t.kind != Kind::word) return std::nullopt;
  if (t.text == "T" || t.text == "true" || t.text == "True") return true;
  if (t.text == "F" || t.text == "false" || t.text == "False") return false;
  return std::nullopt;
}

bool is_name(const Token& t) {
  return is_variable(t) && !truth(t);
}

enum class Connective { none, conjunction, disjunction, exclusive, conditional };

Connective connective(const Token& t) {
  if (t.is(Kind::op, '&') || t.text == "and") return Connective::conjunction;
  if (t.is(Kind::op, '|') || t.text == "or") return Connective::disjunction;
  if (t.is(Kind::op, '^') || t.text == "xor") return Connective::exclusive;
  if (t.is(Kind::relation, 't') || t.text == "implies") return Connective::conditional;
  return Connective::none;
}

bool is_not(const Token& t) {
  return t.is(Kind::op, '!') || t.text == "not";
}

/// Reads a formula whose leaves are values, or variables with the value that they are said to have.
class Formula {
 public:
  Formula(const std::vector<Token>& tokens, size_t first, size_t last, const Truths& known)
      : tokens_(tokens), at_(first), last_(last), known_(known) {}

  std::optional<bool> value() {
    const std::optional<bool> v = binary(Connective::conditional);
    return at_ == last_ ? v : std::nullopt;
  }
  bool leaves_hold() const { return leaves_hold_; }
  int connectives() const { return connectives_; }
  const Truths& said() const { return said_; }

 private:
  bool more() const { return at_ < last_; }

  /// `not` binds closest, then and, xor, or; implies last and to the right.
  static Connective tighter(Connective c) {
    switch (c) {
      case Connective::conditional:
        return Connective::disjunction;
      case Connective::disjunction:
        return Connective::exclusive;
      case Connective::exclusive:
        return Connective::conjunction;
      default:
        return Connective::none;
    }
  }
  static bool apply(Connective c, bool a, bool b) {
    switch (c) {
      case Connective::conjunction:
        return a && b;
      case Connective::disjunction:
        return a || b;
      case Connective::exclusive:
        return a != b;
      default:
        return !a || b;
    }
  }

  std::optional<bool> binary(Connective c) {
    if (c == Connective::none) return leaf();
    std::optional<bool> left = binary(tighter(c));
    while (left && more() && connective(tokens_[at_]) == c) {
      ++at_;
      ++connectives_;
      if (c == Connective::conditional && ++depth_ > kMaxDepth) return std::nullopt;
      const std::optional<bool> right = binary(c == Connective::conditional ? c : tighter(c));
      if (!right) return std::nullopt;
      left = apply(c, *left, *right);
    }
    return left;
  }

  std::optional<bool> leaf() {
    bool negated = false;
    while (more() && is_not(tokens_[at_])) {
      negated = !negated;
      ++at_;
    }
    if (!more()) return std::nullopt;
    if (tokens_[at_].is(Kind::open, '(')) {
      const std::optional<bool> inner = group();
      return inner ? std::optional(*inner != negated) : std::nullopt;
    }
    if (const std::optional<bool> v = truth(tokens_[at_])) {
      ++at_;
      return *v != negated;
    }
    return is_name(tokens_[at_]) ? variable(negated) : std::nullopt;
  }

  std::optional<bool> group() {
    if (++depth_ > kMaxDepth) return std::nullopt;
    ++at_;
    const std::optional<bool> inner = binary(Connective::conditional);
    if (!inner || !more() || !tokens_[at_].is(Kind::close, ')')) return std::nullopt;
    ++at_;
    return inner;
  }

  /// "not x = F" is `not x` with the value of x beside it: as a whole it is true.
  std::optional<bool> variable(bool negated) {
    const std::string name(tokens_[at_++].text);
    const auto known = known_.find(name);
    if (at_ + 1 < last_ && tokens_[at_].is(Kind::relation, '=')) {
      const std::optional<bool> v = truth(tokens_[at_ + 1]);
      if (!v) return std::nullopt;
      at_ += 2;
      said_[name] = *v;
      if (known != known_.end()) leaves_hold_ = leaves_hold_ && known->second == *v;
      return *v != negated;
    }
    if (known == known_.end()) return std::nullopt;
    return known->second != negated;
  }

  const std::vector<Token>& tokens_;
  size_t at_, last_;
  const Truths& known_;
  Truths said_;
  bool leaves_hold_ = true;
  int connectives_ = 0, depth_ = 0;
};

bool of_a_formula(const Token& t) {
  return is_not(t) || connective(t) != Connective::none || truth(t) || is_name(t) ||
         t.is(Kind::relation, '=') || t.is(Kind::open, '(') || t.is(Kind::close, ')');
}

bool ends(const std::vector<Token>& tokens, size_t i) {
  return i >= tokens.size() || tokens[i].kind == Kind::line || tokens[i].kind == Kind::comma ||
         (tokens[i].kind == Kind::stop && tokens[i].sign != ':');
}

/// Where the formula begins that ends before `colon`.
size_t begin_of_formula(const Reading& r, size_t colon) {
  size_t first = colon;
  while (first > 0 && colon - first < kMaxFormulaTokens && !r.used[first - 1] &&
         of_a_formula(r.tokens[first - 1]))
    --first;
  return first;
}

/// "formula: value" with the colon at i.
void read_formula(Reading& r, size_t i, Truths& truths) {
  const std::optional<bool> claimed = truth(r.tokens[i + 1]);
  if (!claimed || !ends(r.tokens, i + 2)) return;
  const size_t first = begin_of_formula(r, i);
  if (first == i) return;
  Formula formula(r.tokens, first, i, truths);
  const std::optional<bool> value = formula.value();
  if (!value || formula.connectives() == 0) return;
  r.add(first, i + 2, *value == *claimed && formula.leaves_hold());
  r.use(first, i + 2);
}

/// "x = F" alone, with the sign at i.
void read_literal(Reading& r, size_t i, const Truths& known, Truths& truths) {
  const std::optional<bool> claimed = truth(r.tokens[i + 1]);
  if (!claimed || !is_name(r.tokens[i - 1]) || !ends(r.tokens, i + 2)) return;
  const size_t first = i - 1;
  if (first > 0 && (is_not(r.tokens[first - 1]) || connective(r.tokens[first - 1]) != Connective::none))
    return;
  const std::string name(r.tokens[first].text);
  if (const auto at = known.find(name); at != known.end())
    r.add(first, i + 2, at->second == *claimed);
  else
    truths[name] = *claimed;
  r.use(first, i + 2);
}

}  // namespace

void find_boolean(Reading& r, const Truths& known) {
  Truths truths = known;
  for (size_t i = 1; i + 1 < r.tokens.size(); ++i) {
    if (r.tokens[i].is(Kind::stop, ':')) read_formula(r, i, truths);
    if (r.tokens[i].is(Kind::relation, '=') && !r.used[i]) {
      // A literal within a formula is read with it, when its colon comes.
      read_literal(r, i, known, truths);
    }
  }
}

void add_truths(std::string_view claim, Truths& known) {
  const std::vector<Token> tokens = tokens_of(claim);
  for (size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (!tokens[i].is(Kind::stop, ':') || !truth(tokens[i + 1])) continue;
    Formula formula(tokens, 0, i, {});
    if (formula.value())
      for (const auto& [name, value] : formula.said()) known[name] = value;
  }
}

}  // namespace retort::eval::claims
