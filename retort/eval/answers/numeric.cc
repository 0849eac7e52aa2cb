#include "retort/eval/answers/numeric.h"

#include <algorithm>
#include <vector>

#include "retort/eval/answers/exact.h"
#include "retort/eval/answers/modular.h"

namespace retort::eval {
namespace {

// Bounds of what is cheap: reducing a larger angle, or a larger factorial, takes more than one evaluation
// should.
constexpr int64_t kMaxAngleExponent = 1024;
constexpr int64_t kMaxGammaExponent = 10;
constexpr int64_t kMaxPower = int64_t{1} << 40;
constexpr int kNodeCost = 4;  // in units of Effort, beside one of exact arithmetic

using Value = Sample<Complex>;
using Values = std::vector<Complex>;

class Evaluator {
 public:
  Evaluator(Effort& effort, const NumericPoint& point) : effort_(effort), point_(point) {}

  Value value(const Node& node) {
    if (!effort_.spend(kNodeCost)) return SampleState::inapplicable;
    if (node.is(NodeKind::number) || node.is(NodeKind::based)) return constant(node);
    if (node.is(NodeKind::variable)) return variable(node.text);
    if (node.is(NodeKind::constant)) return symbol(node.text);
    if (node.is(NodeKind::power) || node.is(NodeKind::root)) return power(node);
    Values values;
    SampleState state = SampleState::value;
    for (const Node& child : node.children) {
      Value v = value(child);
      if (v.state == SampleState::inapplicable) return v;
      if (v.state == SampleState::undefined) state = v.state;
      if (v.value) values.push_back(std::move(*v.value));
    }
    if (state != SampleState::value) return state;
    if (values.empty()) return SampleState::inapplicable;
    return checked(combined(node, values));
  }

 private:
  Value checked(Value v) const { return v.value && !v.value->finite() ? Value(SampleState::undefined) : v; }
  Complex integer(int64_t n) const { return Complex(Real(n, point_.bits)); }
  Complex imaginary_unit() const { return {Real(point_.bits), Real(1, point_.bits)}; }

  Value constant(const Node& node) {
    const auto exact = exact_value(effort_, node);
    if (!exact) return SampleState::inapplicable;
    return Complex(Real(*exact, point_.bits));
  }

  Value variable(const std::string& name) const {
    const uint64_t bits = name_bits(name, point_.index);
    // 1/4 + k * 11/2^36 with k of 34 bits: between 1/4 and 3, and no simple fraction.
    const auto k = static_cast<int64_t>(bits >> 30);
    const Rational size = Rational(1) / Rational(4) + Rational(k * 11) / Rational(int64_t{1} << 36);
    const bool negative = point_.index % 2 == 1 && bits % 2 == 1;
    return Complex(Real(negative ? Rational(0) - size : size, point_.bits));
  }

  Value symbol(const std::string& name) const {
    if (name == "pi") return Complex(Real::pi(point_.bits));
    if (name == "e") return Complex(call("exp", Real(1, point_.bits)));
    if (name == "i") return imaginary_unit();
    return SampleState::inapplicable;  // infinity
  }

  Value combined(const Node& node, const Values& v) {
    switch (node.kind) {
      case NodeKind::sum:
        return fold(v, [](const Complex& a, const Complex& b) { return a + b; });
      case NodeKind::product:
        return fold(v, [](const Complex& a, const Complex& b) { return a * b; });
      case NodeKind::negate:
        return -v[0];
      case NodeKind::percent:
        return v[0] / integer(100);
      case NodeKind::degree:
        return v[0] * Complex(Real::pi(point_.bits)) / integer(180);
      case NodeKind::quotient:
        return v[1].zero() ? Value(SampleState::undefined) : Value(v[0] / v[1]);
      case NodeKind::factorial:
        return factorial(v[0]);
      case NodeKind::function:
        return function(node.text, v);
      default:
        return SampleState::inapplicable;
    }
  }

  Value fold(const Values& v, Complex (*operation)(const Complex&, const Complex&)) const {
    Complex total = v[0];
    for (size_t i = 1; i < v.size(); ++i) total = operation(total, v[i]);
    return total;
  }

  /// n! = gamma(n + 1)
  Value factorial(const Complex& n) const {
    if (!n.real() || n.re.exponent() > kMaxGammaExponent) return SampleState::inapplicable;
    return Complex(call("gamma", n.re + Real(1, point_.bits)));
  }

  Value binomial(const Complex& n, const Complex& k) const {
    const Value a = factorial(n), b = factorial(k), c = factorial(n - k);
    if (!a.value || !b.value || !c.value) return SampleState::inapplicable;
    return *a.value / (*b.value * *c.value);
  }

  /// b^(p/q) and roots. A real number has a real root of odd order even when it is negative.
  Value power(const Node& node) {
    const Value base = value(node.children[0]);
    if (!base.value) return base;
    auto exact = exact_value(effort_, node.children[1]);
    if (node.is(NodeKind::root)) {
      if (!exact || exact->sign() <= 0) return SampleState::inapplicable;
      exact = Rational(1) / *exact;
    }
    if (exact && exact->small()) return checked(integer_power(*base.value, *exact->small()));
    if (base.value->zero()) return exact && exact->sign() > 0 ? base : Value(SampleState::undefined);
    if (exact && base.value->real()) return checked(real_power(*base.value, *exact));
    const Value exponent = exact ? Value(Complex(Real(*exact, point_.bits))) : value(node.children[1]);
    if (!exponent.value) return exponent;
    return checked(general_power(*base.value, *exponent.value));
  }

  Value integer_power(const Complex& base, int64_t n) const {
    if (n > kMaxPower || n < -kMaxPower) return SampleState::inapplicable;
    if (base.zero() && n <= 0) return SampleState::undefined;
    return eval::power(base, n);
  }

  Value real_power(const Complex& base, const Rational& exponent) const {
    const Real e(exponent, point_.bits);
    if (base.re.sign() > 0) return Complex(pow(base.re, e));
    if (exponent.has_odd_denominator()) {
      Real size = pow(-base.re, e);
      return Complex(exponent.has_odd_numerator() ? -size : size);
    }
    if (point_.real_only) return SampleState::undefined;
    if (exponent == Rational(1) / Rational(2)) return sqrt(base);
    return exp(Complex(e) * log(base));
  }

  Value general_power(const Complex& base, const Complex& exponent) const {
    if (base.real() && exponent.real() && base.re.sign() > 0) return Complex(pow(base.re, exponent.re));
    if (point_.real_only) return SampleState::undefined;
    return exp(exponent * log(base));
  }

  bool small_angle(const Complex& z) const {
    return z.re.exponent() <= kMaxAngleExponent && z.im.exponent() <= kMaxAngleExponent;
  }

  Value logarithm(const Complex& z) const {
    if (z.zero() || (point_.real_only && z.re.sign() < 0)) return SampleState::undefined;
    return log(z);
  }

  Value function(const std::string& name, const Values& v) const {
    for (const auto& row : kFunctions)
      if (row.name == name && row.arguments == v.size()) return (this->*row.function)(v);
    if (name == "max" || name == "min") return extreme(name == "max", v);
    if (v.size() == 2 && name == "log") return log_to_base(v);
    if (v.size() != 1 || !is_real_function(name) || !v[0].real()) return SampleState::inapplicable;
    if (!small_angle(v[0])) return SampleState::inapplicable;
    return Complex(call(name, v[0].re));
  }

  Value extreme(bool largest, const Values& v) const {
    if (!std::all_of(v.begin(), v.end(), [](const Complex& z) { return z.real(); }))
      return SampleState::inapplicable;
    auto less = [](const Complex& a, const Complex& b) { return a.re < b.re; };
    return largest ? *std::max_element(v.begin(), v.end(), less)
                   : *std::min_element(v.begin(), v.end(), less);
  }

  Value log_to_base(const Values& v) const {
    const Value above = logarithm(v[0]), below = logarithm(v[1]);
    if (!above.value || !below.value || below.value->zero()) return SampleState::undefined;
    return *above.value / *below.value;
  }

  // Functions that take complex arguments too, or two.
  Value f_binom(const Values& v) const { return binomial(v[0], v[1]); }
  Value f_abs(const Values& v) const { return Complex(abs(v[0])); }
  Value f_exp(const Values& v) const {
    return small_angle(v[0]) ? Value(exp(v[0])) : SampleState::inapplicable;
  }
  Value f_sin(const Values& v) const {
    return small_angle(v[0]) ? Value(sin(v[0])) : SampleState::inapplicable;
  }
  Value f_cos(const Values& v) const {
    return small_angle(v[0]) ? Value(cos(v[0])) : SampleState::inapplicable;
  }
  Value f_log(const Values& v) const { return logarithm(v[0]); }
  Value f_re(const Values& v) const { return Complex(v[0].re); }
  Value f_im(const Values& v) const { return Complex(v[0].im); }
  Value f_lg(const Values& v) const { return log_to_base({v[0], integer(10)}); }

  struct Function {
    std::string_view name;
    size_t arguments;
    Value (Evaluator::*function)(const Values&) const;
  };
  static constexpr Function kFunctions[] = {
      {"binom", 2, &Evaluator::f_binom}, {"abs", 1, &Evaluator::f_abs}, {"exp", 1, &Evaluator::f_exp},
      {"sin", 1, &Evaluator::f_sin},     {"cos", 1, &Evaluator::f_cos}, {"Re", 1, &Evaluator::f_re},
      {"Im", 1, &Evaluator::f_im},       {"lg", 1, &Evaluator::f_lg},   {"log", 1, &Evaluator::f_log}};

  Effort& effort_;
  NumericPoint point_;
};

}  // namespace

Sample<Complex> numeric_value(Effort& effort, const Node& node, const NumericPoint& point) {
  return Evaluator(effort, point).value(node);
}

}  // namespace retort::eval
