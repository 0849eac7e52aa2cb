#include "retort/eval/answers/scalar.h"

#include <algorithm>
#include <optional>

#include "retort/eval/answers/ascii.h"
#include "retort/eval/answers/exact.h"
#include "retort/eval/answers/identity.h"
#include "retort/eval/answers/numeric.h"

namespace retort::eval {
namespace {

constexpr int kRoundedDigits = 3;  // significant digits from which a gold decimal counts as rounded
constexpr int kRoundedPlaces = 6;  // decimal places from which an answer may stand for an exact gold value

const Node& unsigned_part(const Node& node) {
  return node.is(NodeKind::negate) ? unsigned_part(node.children[0]) : node;
}

/// percent or degree, when the whole value has that mark.
std::optional<NodeKind> mark_of(const Node& node) {
  const Node& inner = unsigned_part(node);
  if (inner.is(NodeKind::percent) || (inner.is(NodeKind::degree) && !inner.children.empty()))
    return inner.kind;
  return std::nullopt;
}

Node without_mark(const Node& node) {
  if (node.is(NodeKind::negate)) return negated(without_mark(node.children[0]));
  return mark_of(node) ? node.children[0] : node;
}

struct Decimal {
  int places;       // after the point
  int significant;  // digits
};

std::optional<Decimal> decimal(const Node& node) {
  const std::string& text = unsigned_part(node).text;
  const size_t point = text.find('.');
  if (!unsigned_part(node).is(NodeKind::number) || point == text.npos || text.find('(') != text.npos)
    return std::nullopt;
  const std::string digits = text.substr(0, point) + text.substr(point + 1);
  const size_t zeros = std::min(digits.find_first_not_of('0'), digits.size());
  return Decimal{static_cast<int>(text.size() - point - 1), static_cast<int>(digits.size() - zeros)};
}

/// Whether `value` rounds to the decimal `rounded` of so many places.
bool rounds_to(Effort& effort, const Node& value, const Rational& rounded, int places) {
  const Rational half = Rational(1) / (Rational(2) * Rational(10).power(places));
  if (auto exact = exact_value(effort, value)) return !(half < (*exact - rounded).abs());
  const NumericPoint point;
  const auto number = numeric_value(effort, value, point);
  free_real_caches();
  if (!number.value || !number.value->real()) return false;
  return !(Real(half, point.bits) < (number.value->re - Real(rounded, point.bits)).abs());
}

/// A value that no decimal gives exactly: 1/3, sqrt(2).
bool never_ends(const std::optional<Rational>& exact, const Node& node) {
  return exact ? !exact->terminates() : !contains(node, NodeKind::variable);
}

/// 0.333 for 1/3 (the gold is rounded to its places), or 0.333333 when the gold is 1/3.
bool agrees_when_rounded(Effort& effort, const Node& gold, const Node& answer) {
  const auto gold_decimal = decimal(gold), answer_decimal = decimal(answer);
  const auto gold_value = exact_value(effort, gold), answer_value = exact_value(effort, answer);
  if (gold_decimal && gold_value && !answer_decimal && gold_decimal->significant >= kRoundedDigits &&
      never_ends(answer_value, answer))
    return rounds_to(effort, answer, *gold_value, gold_decimal->places);
  if (answer_decimal && answer_value && !gold_decimal && answer_decimal->places >= kRoundedPlaces &&
      never_ends(gold_value, gold))
    return rounds_to(effort, gold, *answer_value, answer_decimal->places);
  return false;
}

/// 1 and -1 for the infinities, 0 for everything else.
int infinity_sign(const Node& node) {
  if (node.is(NodeKind::negate)) return -infinity_sign(node.children[0]);
  return node.is(NodeKind::constant, "infty") ? 1 : 0;
}

/// 2516_8: digits in a base. The base may be left out, since the question names it; it may not be another.
std::optional<Verdict> compare_based(const Node& gold, const Node& answer) {
  if (!gold.is(NodeKind::based) && !answer.is(NodeKind::based)) return std::nullopt;
  for (const Node* node : {&gold, &answer})
    if (!node->is(NodeKind::based) && !node->is(NodeKind::number)) return std::nullopt;
  const bool bases = gold.label == answer.label || gold.label.empty() || answer.label.empty();
  auto digits = [](const Node& node) {
    return node.text.substr(std::min(node.text.find_first_not_of('0'), node.text.size()));
  };
  return bases && digits(gold) == digits(answer) ? equal("the same digits")
                                                 : different("other digits or another base");
}

Verdict compare_values(Effort& effort, const Node& gold, const Node& answer) {
  const auto a = exact_value(effort, gold), b = exact_value(effort, answer);
  if (a && b && *a == *b) return equal("the same rational number");
  if (agrees_when_rounded(effort, gold, answer)) return equal("the same number when rounded");
  if (a && b) return different("different rational numbers");
  return identical(effort, gold, answer);
}

}  // namespace

Verdict compare_scalars(Effort& effort, const Node& gold, const Node& answer) {
  if (auto verdict = compare_based(gold, answer)) return *verdict;
  const int sign = infinity_sign(gold);
  if (sign != 0 || infinity_sign(answer) != 0)
    return sign == infinity_sign(answer) ? equal("the same infinity") : different("one is infinite");
  const auto gold_mark = mark_of(gold), answer_mark = mark_of(answer);
  if (!gold_mark && !answer_mark) return compare_values(effort, gold, answer);
  // 25% and 90 degrees: the mark may be left out on one side, or be worked in (1/4, pi/2).
  const Verdict bare = compare_values(effort, without_mark(gold), without_mark(answer));
  if (gold_mark && answer_mark)
    return *gold_mark == *answer_mark ? bare : different("one has a percent sign, the other degrees");
  return bare.equal() ? bare : compare_values(effort, gold, answer);
}

}  // namespace retort::eval
