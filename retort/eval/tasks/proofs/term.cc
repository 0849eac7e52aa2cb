#include "retort/eval/tasks/proofs/term.h"

#include <array>
#include <optional>
#include <utility>

namespace retort::eval::proofs {
namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Equation> run() {
    Equation out;
    out.left = RETORT_TRY(product());
    if (!take('=')) return error("an equation has one =");
    out.right = RETORT_TRY(product());
    blanks();
    if (at_ < text_.size()) return error("something stands behind the equation");
    return out;
  }

 private:
  static tl::unexpected<Error> error(std::string_view what) {
    return tl::unexpected(make_error(ErrorCode::bad_input, "{}", what));
  }
  void blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  bool take(char c) {
    blanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  Result<Term> product() {
    Term left = RETORT_TRY(factor());
    while (take('*')) {
      if (++nodes_ > kMaxTermNodes) return error("it is too long");
      Term right = RETORT_TRY(factor());
      Term both{.symbol = '*', .parts = {}};
      both.parts.push_back(std::move(left));
      both.parts.push_back(std::move(right));
      left = std::move(both);
    }
    return left;
  }

  Result<Term> factor() {
    // Every bracket and function is a node, so that depth is bounded too.
    if (++nodes_ > kMaxTermNodes) return error("it is too long");
    blanks();
    if (at_ == text_.size()) return error("it ends too early");
    const char c = text_[at_++];
    if (c == '(') return closed();
    if (kConstants.find(c) != kConstants.npos || kVariables.find(c) != kVariables.npos)
      return Term{.symbol = c, .parts = {}};
    if (kFunctions.find(c) == kFunctions.npos || !take('('))
      return error("a constant, a function or a bracket was expected");
    Term inner = RETORT_TRY(closed());
    Term out{.symbol = c, .parts = {}};
    out.parts.push_back(std::move(inner));
    return out;
  }
  /// A product and the bracket behind it.
  Result<Term> closed() {
    Term inner = RETORT_TRY(product());
    if (!take(')')) return error("a bracket does not close");
    return inner;
  }

  std::string_view text_;
  size_t at_ = 0;
  int nodes_ = 0;
};

/// What x, y and z stand for.
using Meaning = std::array<std::optional<Term>, 3>;

bool match(const Term& pattern, const Term& term, bool general, Meaning& meaning) {
  const size_t variable =
      general && pattern.parts.empty() ? kVariables.find(pattern.symbol) : kVariables.npos;
  if (variable != kVariables.npos) {
    std::optional<Term>& known = meaning[variable];
    if (!known) known = term;
    return *known == term;
  }
  if (pattern.symbol != term.symbol || pattern.parts.size() != term.parts.size()) return false;
  for (size_t i = 0; i < pattern.parts.size(); ++i)
    if (!match(pattern.parts[i], term.parts[i], general, meaning)) return false;
  return true;
}

std::optional<Term> filled_in(const Term& pattern, const Meaning& meaning) {
  const size_t variable = pattern.parts.empty() ? kVariables.find(pattern.symbol) : kVariables.npos;
  if (variable != kVariables.npos) return meaning[variable];
  Term out{.symbol = pattern.symbol, .parts = {}};
  for (const Term& part : pattern.parts) {
    std::optional<Term> inner = filled_in(part, meaning);
    if (!inner) return std::nullopt;
    out.parts.push_back(std::move(*inner));
  }
  return out;
}

std::string shown(const Term& t, bool bracket) {
  if (t.parts.empty()) return std::string(1, t.symbol);
  if (t.symbol != '*') return std::string(1, t.symbol) + "(" + shown(t.parts[0], false) + ")";
  const std::string text = shown(t.parts[0], true) + " * " + shown(t.parts[1], true);
  return bracket ? "(" + text + ")" : text;
}

}  // namespace

Result<Equation> parse_equation(std::string_view text) {
  constexpr size_t kMaxBytes = 1000;
  if (text.size() > kMaxBytes)
    return tl::unexpected(
        make_error(ErrorCode::bad_input, "it has {} bytes; at most {} are read", text.size(), kMaxBytes));
  return Parser(text).run();
}

std::string show(const Term& term) {
  return shown(term, false);
}
std::string show(const Equation& equation) {
  return show(equation.left) + " = " + show(equation.right);
}

int size(const Term& term) {
  int n = 1;
  for (const Term& part : term.parts) n += size(part);
  return n;
}

bool rewrites(const Term& before, const Term& after, const Equation& equation, bool general) {
  Meaning forwards, backwards;
  if (match(equation.left, before, general, forwards) && match(equation.right, after, general, forwards))
    return true;
  if (match(equation.right, before, general, backwards) && match(equation.left, after, general, backwards))
    return true;
  if (before.symbol != after.symbol || before.parts.size() != after.parts.size()) return false;
  // All parts but one are the same.
  size_t different = before.parts.size(), n = 0;
  for (size_t i = 0; i < before.parts.size(); ++i)
    if (before.parts[i] != after.parts[i]) {
      different = i;
      ++n;
    }
  if (n == 1) return rewrites(before.parts[different], after.parts[different], equation, general);
  // The same term again is a rewriting too, if the equation fits anywhere within it; it proves nothing new.
  return false;
}

std::vector<Term> rewritings_of(const Term& term, const Equation& equation) {
  std::vector<Term> out;
  for (const bool forwards : {true, false}) {
    Meaning meaning;
    if (!match(forwards ? equation.left : equation.right, term, true, meaning)) continue;
    if (auto other = filled_in(forwards ? equation.right : equation.left, meaning))
      out.push_back(std::move(*other));
  }
  for (size_t i = 0; i < term.parts.size(); ++i)
    for (Term& inner : rewritings_of(term.parts[i], equation)) {
      Term whole = term;
      whole.parts[i] = std::move(inner);
      out.push_back(std::move(whole));
    }
  return out;
}

}  // namespace retort::eval::proofs
