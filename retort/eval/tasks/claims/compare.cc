#include "retort/eval/tasks/claims/compare.h"

#include <algorithm>

namespace retort::eval::claims {
namespace {

constexpr int kMaxDecimals = 30;

bool congruent(const Value& a, const Value& b, const Rational& m) {
  return ((a.number - b.number) / m).is_integer();
}

/// A decimal is what the other value rounds to; where no decimal gives that, it may be cut off too.
bool rounds(const Value& exact, const Value& decimal) {
  if (!decimal.bare || decimal.decimals == 0 || decimal.decimals > kMaxDecimals) return false;
  const Rational step = Rational(10).power(-decimal.decimals);
  const Rational off = (exact.number - decimal.number).abs();
  return exact.number.terminates() ? !(step / Rational(2) < off) : off < step;
}

/// Also 1/4 * 100 = 25%, and 10/3 = 3.33.
bool equal(const Value& a, const Value& b) {
  if (a.number == b.number || rounds(a, b) || rounds(b, a)) return true;
  const Rational hundred(100);
  if (b.percent && !a.percent) return a.number == b.number * hundred;
  if (a.percent && !b.percent) return b.number == a.number * hundred;
  return false;
}

bool about(const Value& a, const Value& b) {
  const Rational step = Rational(10).power(b.bare ? -std::min(b.decimals, kMaxDecimals) : 0);
  return !(step < (a.number - b.number).abs());
}

}  // namespace

bool comparable(const Value& a, const Value& b, bool first) {
  // "Day 1 = 5" and "1 foot = 12 inches".
  if (a.bare && b.bare && (first || a.unit.empty() != b.unit.empty())) return a.percent != b.percent;
  // "8 degrees = 2 - 10" says what a thing is.
  if (a.bare && !a.unit.empty() && a.unit != b.unit) return false;
  const bool converts = !a.unit.empty() && !b.unit.empty() && a.unit != b.unit;
  return !converts || a.products || b.products;
}

std::optional<bool> holds(const Value& a, char sign, const Value& b, const std::optional<Rational>& modulus) {
  switch (sign) {
    case '<':
      return a.number < b.number;
    case '>':
      return b.number < a.number;
    case 'l':
      return !(b.number < a.number);
    case 'g':
      return !(a.number < b.number);
    case 'n':
      return !(a.number == b.number);
    case '=':
      return equal(a, b) || (modulus && congruent(a, b, *modulus));
    case 'c':
      if (!modulus || !a.number.is_integer() || !b.number.is_integer()) return std::nullopt;
      return congruent(a, b, *modulus);
    case 'a':
      return about(a, b) ? std::optional(true) : std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace retort::eval::claims
