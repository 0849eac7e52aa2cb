#include "retort/eval/tasks/claims/value.h"

#include <algorithm>
#include <utility>

namespace retort::eval::claims {
namespace {

using Number = std::optional<Rational>;

std::string digits_of(std::string_view text) {
  std::string out;
  for (char c : text)
    if ((c >= '0' && c <= '9') || c == '.') out += c;
  return out;
}

std::string stem(std::string_view word) {
  if (word.size() > 3 && word.ends_with("s")) word.remove_suffix(1);
  return std::string(word);
}

constexpr const char* kMixed = "*";  // the unit of 3 eggs * 2 days

/// Recursive descent straight to values. Every function returns nothing where it fails; the caller gives up.
class Evaluator {
 public:
  Evaluator(std::span<const Token> side, const Lookup& lookup, Effort& effort)
      : side_(side), lookup_(lookup), effort_(effort) {}

  std::optional<Value> run() {
    Number number = sum();
    if (!number || at_ != side_.size() || units_differ_) return std::nullopt;
    return Value{std::move(*number),          operators_ == 0, decimals_,
                 percent_at_ == side_.size(), variables_,      products_,
                 unit_ == kMixed ? "" : unit_};
  }
  bool unknown() const { return unknown_; }

 private:
  bool more() const { return at_ < side_.size(); }
  bool at_op(char sign) const { return more() && side_[at_].is(Kind::op, sign); }

  Number bounded(Rational r) {
    effort_.left -= static_cast<int64_t>(r.bits() / 64 + 1);
    if (effort_.left < 0 || r.bits() > kMaxBits) return std::nullopt;
    return r;
  }

  /// 3 apples + 2 pears is a count of neither: terms of different units do not add up.
  Number sum() {
    Number left = product();
    std::string unit = unit_;
    while (left && (at_op('+') || at_op('-'))) {
      const bool plus = side_[at_++].sign == '+';
      ++operators_;
      const Number right = product();
      if (!right) return std::nullopt;
      units_differ_ |= !unit.empty() && !unit_.empty() && unit != unit_;
      if (unit.empty()) unit = unit_;
      left = bounded(plus ? *left + *right : *left - *right);
    }
    unit_ = unit;
    return left;
  }

  Number product() {
    Number left = signed_factor();
    std::string unit = std::exchange(unit_, "");
    while (left && more()) {
      const Token& t = side_[at_];
      char op = 0;
      if (t.kind == Kind::op && (t.sign == '*' || t.sign == '/' || t.sign == 'm' || t.sign == 'q' ||
                                 t.sign == 'o' || t.sign == '%'))
        op = t.sign;
      else if (!implied(t))
        break;
      ++operators_;
      products_ = true;
      if (op != 0) ++at_;
      const Number right = op != 0 ? signed_factor() : power();
      if (!right) return std::nullopt;
      if (!unit_.empty()) unit = unit.empty() ? unit_ : kMixed;
      unit_.clear();
      left = combined(*left, op, *right);
    }
    unit_ = unit;
    return left;
  }

  /// 3x, 2(4 + 1), 3\sqrt{4}: a value straight behind a value. Not "9 a day", and not two numbers.
  bool implied(const Token& t) const {
    if (t.is(Kind::open, '(')) return !t.blank_before;  // "4 (15 minutes)" is no product
    if (t.is(Kind::op, 'r')) return true;
    return is_variable(t) && !(t.blank_before && (t.text == "a" || t.text == "A" || t.text == "I"));
  }

  Number combined(const Rational& a, char op, const Rational& b) {
    switch (op) {
      case '/':
        if (b.sign() == 0) return std::nullopt;
        return bounded(a / b);
      case 'q':
        if (b.sign() == 0) return std::nullopt;
        return bounded((a / b).floor());
      case 'm':
      case '%':
        if (b.sign() <= 0 || !a.is_integer() || !b.is_integer()) return std::nullopt;
        return bounded(a - b * (a / b).floor());
      default:
        return bounded(a * b);
    }
  }

  Number signed_factor() {
    unit_.clear();
    bool negative = false;
    int signs = 0;
    while ((at_op('-') || at_op('+')) && ++signs <= 2) negative ^= side_[at_++].sign == '-';
    Number value = power();
    if (value && negative) value = Rational(0) - *value;
    return value;
  }

  Number power() {
    Number base = postfix();
    if (!base || !at_op('^')) return base;
    ++at_;
    ++operators_;
    const Number exponent = more() && side_[at_].is(Kind::open, '{') ? group() : signed_power();
    if (!exponent) return std::nullopt;
    const std::optional<int64_t> n = exponent->small();
    if (!n || std::abs(*n) > static_cast<int64_t>(kMaxBits)) return std::nullopt;
    if (*n < 0 && base->sign() == 0) return std::nullopt;
    if (base->bits() * static_cast<size_t>(std::abs(*n)) > 2 * kMaxBits) return std::nullopt;
    return bounded(base->power(*n));
  }
  Number signed_power() {
    const bool negative = at_op('-');
    if (negative) ++at_;
    Number value = power();
    if (value && negative) value = Rational(0) - *value;
    return value;
  }

  Number postfix() {
    Number value = primary();
    while (value && more()) {
      if (at_op('!')) {
        const std::optional<int64_t> n = value->small();
        if (!n || *n < 0 || *n > 200) return std::nullopt;
        ++operators_;
        value = Rational::factorial(static_cast<uint32_t>(*n));
      } else if (at_op('%') && !(at_ + 1 < side_.size() && begins_value(side_[at_ + 1]))) {
        value = *value / Rational(100);
        percent_at_ = at_ + 1;
      } else if (side_[at_].kind == Kind::word && !is_variable(side_[at_])) {
        unit_ = stem(side_[at_].text);  // of "duck eggs" the last word
        if (at_ + 1 < side_.size() && side_[at_ + 1].is(Kind::op, '^')) return std::nullopt;  // 3 feet^2
        if (percent_at_ == at_) percent_at_ = at_ + 1;
      } else {
        break;
      }
      ++at_;
    }
    return value;
  }
  static bool begins_value(const Token& t) {
    return t.kind == Kind::number || t.is(Kind::open, '(') || is_variable(t);
  }

  Number primary() {
    if (!more()) return std::nullopt;
    const Token& t = side_[at_];
    if (t.kind == Kind::number) return literal(t);
    if (is_variable(t)) return variable(t);
    if (t.is(Kind::open, '(') || t.is(Kind::open, '[')) return group();
    if (t.is(Kind::op, 'f')) return fraction();
    if (t.is(Kind::op, 'r')) return root();
    if (t.is(Kind::op, 'b')) return binomial();
    return std::nullopt;
  }

  Number literal(const Token& t) {
    ++at_;
    const std::string digits = digits_of(t.text);
    const size_t point = digits.find('.');
    decimals_ = point == digits.npos ? 0 : static_cast<int>(digits.size() - point - 1);
    const Number value = Rational::parse(digits);
    return value ? bounded(*value) : std::nullopt;
  }

  Number variable(const Token& t) {
    ++at_;
    ++operators_;
    variables_ = true;
    const Rational* value = lookup_(t.text);
    unknown_ |= value == nullptr;
    // Goes on with any value, so that all that is unknown is found before it fails.
    return value == nullptr ? Number() : *value;
  }

  Number group() {
    const char open = side_[at_].sign;
    if (++nesting_ > kMaxNesting) return std::nullopt;
    ++at_;
    Number value = sum();
    const char close = open == '(' ? ')' : open == '[' ? ']' : '}';
    if (!value || !more() || !side_[at_].is(Kind::close, close)) return std::nullopt;
    ++at_;
    --nesting_;
    return value;
  }

  /// An argument of a command: {...} or one digit.
  Number argument() {
    if (!more()) return std::nullopt;
    if (side_[at_].is(Kind::open, '{')) return group();
    if (side_[at_].kind == Kind::number && side_[at_].text.size() == 1) return literal(side_[at_]);
    // \frac12: two digits in one token are two arguments, which is too odd to guess at.
    return std::nullopt;
  }

  Number fraction() {
    // 2\frac{1}{2} is a mixed number to some and a product to others.
    if (at_ > 0 && side_[at_ - 1].kind == Kind::number) return std::nullopt;
    ++at_;
    ++operators_;
    const Number above = argument();
    const Number below = above ? argument() : Number();
    if (!below || below->sign() == 0) return std::nullopt;
    return bounded(*above / *below);
  }

  Number root() {
    ++at_;
    ++operators_;
    uint32_t index = 2;
    if (more() && side_[at_].is(Kind::open, '[')) {
      const Number n = group();
      const std::optional<int64_t> small = n ? n->small() : std::nullopt;
      if (!small || *small < 2 || *small > 64) return std::nullopt;
      index = static_cast<uint32_t>(*small);
    }
    const Number radicand = argument();
    return radicand && radicand->sign() >= 0 ? radicand->root(index) : std::nullopt;
  }

  Number binomial() {
    ++at_;
    ++operators_;
    const Number n = argument();
    const Number k = n ? argument() : Number();
    if (!k || !n->small() || !k->small()) return std::nullopt;
    if (*k->small() < 0 || *n->small() < *k->small() || *n->small() > 500) return std::nullopt;
    return Rational::binomial(static_cast<uint32_t>(*n->small()), static_cast<uint32_t>(*k->small()));
  }

  std::span<const Token> side_;
  const Lookup& lookup_;
  Effort& effort_;
  size_t at_ = 0, percent_at_ = 0;
  int nesting_ = 0, operators_ = 0, decimals_ = 0;
  bool variables_ = false, unknown_ = false, products_ = false, units_differ_ = false;
  std::string unit_;  // of what was read last: a factor, a product, a sum
};

}  // namespace

std::optional<Value> value_of(std::span<const Token> side, const Lookup& lookup, Effort& effort,
                              bool& unknown) {
  unknown = false;
  if (side.empty() || side.size() > kMaxSideTokens || effort.left < 0) return std::nullopt;
  Evaluator evaluator(side, lookup, effort);
  std::optional<Value> value = evaluator.run();
  unknown = evaluator.unknown();
  return value;
}

}  // namespace retort::eval::claims
