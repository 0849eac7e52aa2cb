#include "retort/eval/tasks/claims/statements.h"

#include <string>
#include <unordered_set>
#include <vector>

#include "retort/eval/tasks/claims/tokens.h"

namespace retort::eval::claims {
namespace {

using Words = std::unordered_set<std::string>;

bool is_operand(const Token& t) {
  return t.kind == Kind::number || t.kind == Kind::word;
}
bool is_calculation(const Token& t) {
  return t.kind == Kind::number || t.kind == Kind::op || t.kind == Kind::open || t.kind == Kind::close;
}
bool is_truth(const Token& t) {
  return t.text == "T" || t.text == "F";
}

/// Tokens first to last - 1, around a relation: calculations, or a word on each side.
struct Span {
  size_t first, last;
};
Span around(const std::vector<Token>& tokens, size_t at) {
  Span s{at, at + 1};
  while (s.first > 0 && is_calculation(tokens[s.first - 1])) --s.first;
  if (s.first == at && at > 0 && tokens[at - 1].kind == Kind::word) --s.first;
  while (s.last < tokens.size() && is_calculation(tokens[s.last])) ++s.last;
  if (s.last == at + 1 && s.last < tokens.size() && tokens[s.last].kind == Kind::word) ++s.last;
  return s;
}

std::string text(const std::vector<Token>& tokens, Span s) {
  std::string out;
  for (size_t i = s.first; i < s.last; ++i) (out += tokens[i].text) += ' ';
  return out;
}

/// The line up to a value behind a colon, from the last word that is no part of a formula: in "So F or T: T"
/// from F. Words of formulas are short.
Span before_colon(const std::vector<Token>& tokens, size_t colon) {
  constexpr size_t kMost = 64;
  Span s{colon, colon + 2};
  while (s.first > 0 && colon - s.first < kMost) {
    const Token& t = tokens[s.first - 1];
    const bool connective =
        t.text == "and" || t.text == "or" || t.text == "xor" || t.text == "implies" || t.text == "not";
    if (t.kind == Kind::line || t.kind == Kind::stop || t.kind == Kind::comma || t.kind == Kind::hard) break;
    if (t.kind == Kind::word && !connective && t.text.size() > 1) break;
    --s.first;
  }
  return s;
}

template <typename Relation, typename Formula>
void each_statement(const std::vector<Token>& tokens, Relation relation, Formula formula) {
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].kind == Kind::relation) relation(i);
    if (tokens[i].is(Kind::stop, ':') && i + 1 < tokens.size() && is_truth(tokens[i + 1])) formula(i);
  }
}

}  // namespace

int64_t statements_beside_the_point(std::string_view thought, std::span<const problems::Fact> facts) {
  Words words, formulas;
  bool any = false;
  for (const problems::Fact& fact : facts) {
    const std::vector<Token> tokens = tokens_of(fact.claim);
    for (const Token& t : tokens)
      if (is_operand(t)) words.emplace(t.text);
    each_statement(
        tokens, [&](size_t) { any = true; },
        [&](size_t i) {
          any = true;
          formulas.insert(text(tokens, before_colon(tokens, i)));
        });
  }
  if (!any) return 0;

  const std::vector<Token> tokens = tokens_of(thought);
  Words beside;
  each_statement(
      tokens,
      [&](size_t i) {
        const Span s = around(tokens, i);
        // "x = T" notes what is given.
        if (s.last == s.first + 3 && is_variable(tokens[s.first]) && is_truth(tokens[s.last - 1])) return;
        for (size_t k = s.first; k < s.last; ++k)
          if (is_operand(tokens[k]) && !words.contains(std::string(tokens[k].text))) {
            beside.insert(text(tokens, s));
            return;
          }
      },
      [&](size_t i) {
        std::string one = text(tokens, before_colon(tokens, i));
        if (!formulas.contains(one)) beside.insert(std::move(one));
      });
  return static_cast<int64_t>(beside.size());
}

}  // namespace retort::eval::claims
