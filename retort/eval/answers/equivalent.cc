#include "retort/eval/answers/equivalent.h"

#include <algorithm>
#include <optional>
#include <string>

#include "retort/eval/answers/ascii.h"
#include "retort/eval/answers/compare.h"
#include "retort/eval/answers/parser.h"

namespace retort::eval {
namespace {

/// The text of an answer in words, "no solution"; nothing when there is more than words in it.
std::optional<std::string> phrase(const Tokens& tokens) {
  std::string text;
  for (const Token& token : tokens.all) {
    const bool bracket = token.text == "(" || token.text == ")";
    if (token.kind == TokenKind::end || bracket || token.kind == TokenKind::open ||
        token.kind == TokenKind::close)
      continue;
    if (token.kind != TokenKind::word && (token.kind != TokenKind::letter || token.text.size() > 1))
      return std::nullopt;
    if (token.space_before && !text.empty()) text += ' ';
    text += lowered(token.text);
  }
  return text.empty() ? std::nullopt : std::optional(text);
}

bool has_word(const Tokens& tokens) {
  return std::any_of(tokens.all.begin(), tokens.all.end(),
                     [](const Token& t) { return t.kind == TokenKind::word; });
}

/// The letter of a multiple choice, A to J, that an answer starts with: "(B)", "B", "B) 12", "\textbf{(B)}
/// 12".
std::optional<char> choice(const Tokens& tokens) {
  const auto& all = tokens.all;
  const size_t at = all[0].text == "(" ? 1 : 0;
  if (at >= all.size() || all[at].text.size() != 1) return std::nullopt;
  const char letter = to_lower(all[at].text[0]);
  if (letter < 'a' || letter > 'j') return std::nullopt;
  if (all[at].kind == TokenKind::word) return letter;
  if (all[at].kind != TokenKind::letter) return std::nullopt;
  const Token& next = all[at + 1];
  constexpr std::string_view kAfter[] = {")", ".", ":"};
  const bool marked = std::find(std::begin(kAfter), std::end(kAfter), next.text) != std::end(kAfter);
  const bool alone = next.kind == TokenKind::end;
  return (at == 1 ? next.text == ")" : marked || alone) ? std::optional(letter) : std::nullopt;
}

/// A gold answer that is the letter of a choice, and nothing else.
bool is_choice(const Tokens& tokens) {
  return tokens.all.size() <= 4 && choice(tokens) && phrase(tokens);
}

/// Answers in words. Nothing when both are mathematics.
std::optional<Verdict> compare_words(const Tokens& gold, const Tokens& answer) {
  const auto a = phrase(gold), b = phrase(answer);
  if (is_choice(gold) && choice(answer)) {
    if (*choice(gold) == *choice(answer)) return equal("the same choice");
    return different("another choice");
  }
  const bool gold_words = a && has_word(gold), answer_words = b && has_word(answer);
  if (!gold_words && !answer_words) return std::nullopt;
  if (a && b && *a == *b) return equal("the same words");
  return a && b ? std::optional(different("other words")) : std::nullopt;
}

Verdict compare_parsed(const Result<Node>& gold, const Result<Node>& answer) {
  if (!gold) return undecided("gold " + gold.error().message());
  if (!answer) return undecided(answer.error().message());
  Effort effort;
  return compare(effort, *gold, *answer);
}

/// 100,200 may be one number or two. If two, 100, 200 is the same and 200, 100 is not, since the gold answer
/// may have been the number.
Verdict compare_as_lists(std::string_view gold, std::string_view answer) {
  auto a = parse_answer(gold, CommaRule::separators), b = parse_answer(answer, CommaRule::separators);
  for (auto* list : {&a, &b}) {
    if (!*list || !(*list)->is(NodeKind::list)) return different("not both are lists");
    (*list)->kind = NodeKind::group;
    (*list)->label = "()";
  }
  return compare_parsed(a, b);
}

}  // namespace

Verdict equivalent(std::string_view gold, std::string_view answer) {
  const auto a = tokenize(gold), b = tokenize(answer);
  if (!a) return gold == answer ? equal("the same text") : undecided("gold " + a.error().message());
  if (!b) return undecided(b.error().message());
  if (b->all.size() == 1) return different("the answer is empty");
  if (canonical_text(*a) == canonical_text(*b)) return equal("the same text");
  if (auto verdict = compare_words(*a, *b)) return *verdict;
  Verdict verdict = compare_parsed(parse(*a), parse(*b));
  if (verdict.equal() || !(a->ambiguous_comma || b->ambiguous_comma)) return verdict;
  const Verdict other = compare_as_lists(gold, answer);
  return other.equal() ? other : verdict;
}

}  // namespace retort::eval
